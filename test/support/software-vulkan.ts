import { join } from 'node:path'
import { chromiumFolder, unpackChromium } from './chromium-files.ts'

/**
 * What the environment of a process needs for WebGPU to compute on the processor, by the Vulkan of Chromium (SwiftShader). Its
 * loader has to be on the library path before the process begins.
 */
export function softwareVulkan(): Record<string, string> {
  const driver = join(chromiumFolder(), 'vk_swiftshader_icd.json')
  return { VK_DRIVER_FILES: driver, VK_ICD_FILENAMES: driver, LD_LIBRARY_PATH: chromiumFolder() }
}

/** Runs before the first test of a project that has this environment. */
export default async function setup(): Promise<void> {
  await unpackChromium()
}
