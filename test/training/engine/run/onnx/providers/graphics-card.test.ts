import { describe, expect, it } from 'vitest'
import { listEngines } from '#training/engine/list-engines.ts'
import { vulkanDevice } from '#training/engine/run/onnx/providers/graphics-card.ts'
import { createEngine } from '#training/selection/create-engine.ts'
import { compiled } from '../../../engines-under-test.ts'

describe('the device that WebGPU computes on', () => {
  it.each([
    [
      'a card of NVIDIA',
      ['libvulkan.so.1', 'libGLX_nvidia.so.535.54.03'],
      ['/dev/null', '/dev/nvidiactl', '/dev/nvidia0'],
      'GPU, NVIDIA through Vulkan',
    ],
    [
      'a card of AMD',
      ['libvulkan_radeon.so', 'libvulkan_lvp.so'],
      ['/dev/dri/renderD128'],
      'GPU, radeon through Vulkan',
    ],
    ['Windows below Linux', ['libvulkan_dzn.so', 'libvulkan_lvp.so'], ['/dev/dxg'], 'GPU, Direct3D 12 through Vulkan'],
    [
      'the processor, though all of Mesa is loaded',
      ['libvulkan_radeon.so', 'libvulkan_intel.so', 'libvulkan_lvp.so'],
      ['/dev/null'],
      'CPU, llvmpipe through Vulkan',
    ],
    [
      'the processor, though CUDA holds a card open',
      ['libcuda.so.1', 'libvulkan_radeon.so', 'libvulkan_lvp.so'],
      ['/dev/nvidia0'],
      'CPU, llvmpipe through Vulkan',
    ],
    [
      'the processor, though a window holds a card open',
      ['libvk_swiftshader.so'],
      ['/dev/dri/renderD128'],
      'CPU, SwiftShader through Vulkan',
    ],
    ['none that is known', [], [], 'CPU through Vulkan'],
  ])('is %s', (_, libraries, devices, expected) => expect(vulkanDevice(libraries, devices)).toBe(expected))

  it.each(compiled.filter((name) => name === 'onnx-webgpu'))(
    'of %s is named by the engine and by the list of engines, and one of software is no graphics card',
    async (webGpu) => {
      const engine = await createEngine(webGpu)
      expect(engine.description).toMatch(/^ONNX Runtime \d+\.\d+\.\d+, WebGPU, CPU, SwiftShader through Vulkan$/)
      await engine.dispose()
      const report = (await listEngines()).find(({ name }) => name === webGpu)
      expect(report).toMatchObject({ isPresent: true, device: 'CPU, SwiftShader through Vulkan' })
    },
  )
})
