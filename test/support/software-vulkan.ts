import { join } from 'node:path'
import { chromiumFolder, unpackChromium } from './chromium-files.ts'

/**
 * Environment variables that make WebGPU compute on the processor with Chromium's Vulkan (SwiftShader). The dynamic loader reads
 * the library path when a process starts, so they must be set before.
 */
export function softwareVulkan(): Record<string, string> {
  const driver = join(chromiumFolder(), 'vk_swiftshader_icd.json')
  return { VK_DRIVER_FILES: driver, VK_ICD_FILENAMES: driver, LD_LIBRARY_PATH: chromiumFolder() }
}

/** Runs before the first test of a vitest project with this environment. */
export default async function setup(): Promise<void> {
  await unpackChromium()
}
