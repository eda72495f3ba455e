import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { systemCode } from '#contract/api/errors.ts'

/** Vulkan drivers of graphics cards, with the device file that each keeps open while it is used. */
const drivers = [
  { library: /^lib(GLX|EGL)_nvidia\.so/, device: /^\/dev\/nvidia\d+$/, title: 'NVIDIA' },
  { library: /^libvulkan_dzn\.so/, device: /^\/dev\/dxg$/, title: 'Direct3D 12' },
  { library: /^(libvulkan_(?!lvp|dzn)\w+|amdvlk64)\.so/, device: /^\/dev\/dri\/renderD\d+$/, title: '' },
] as const

/** Vulkan drivers that compute on the processor. */
const software = [
  { library: /^libvk_swiftshader\.so/, title: 'SwiftShader' },
  { library: /^libvulkan_lvp\.so/, title: 'llvmpipe' },
] as const

/**
 * The device of WebGPU, once a session is open. ONNX Runtime uses the most powerful one and does not report which. On Linux, a graphics
 * driver with an open device file shows that it is not a software renderer.
 */
export function findGraphicsCard(): string {
  if (process.platform === 'darwin') return 'GPU, Metal'
  if (process.platform === 'win32') return 'GPU, Direct3D 12'
  return vulkanDevice(loadedLibraries(), openDevices())
}

/** The device, from the names of the libraries that a process has loaded and the paths of its open device files. */
export function vulkanDevice(libraries: readonly string[], devices: readonly string[]): string {
  for (const { library, device, title } of drivers) {
    const driver = libraries.find((name) => library.test(name))
    if (driver === undefined || !devices.some((path) => device.test(path))) continue
    return `GPU, ${title === '' ? driver.replace(/^libvulkan_|\.so.*$/g, '') : title} through Vulkan`
  }
  const found = software.find(({ library }) => libraries.some((name) => library.test(name)))
  return found === undefined ? 'CPU through Vulkan' : `CPU, ${found.title} through Vulkan`
}

function loadedLibraries(): string[] {
  const lines = readFileSync('/proc/self/maps', 'utf8').split('\n')
  return [...new Set(lines.flatMap((line) => /\/([^/]+\.so[^/]*)$/.exec(line)?.[1] ?? []))]
}

function openDevices(): string[] {
  return readdirSync('/proc/self/fd').flatMap((name) => {
    try {
      return [readlinkSync(`/proc/self/fd/${name}`)]
    } catch (cause) {
      // A file can be closed between listing and reading.
      if (systemCode(cause) === 'ENOENT') return []
      throw cause
    }
  })
}
