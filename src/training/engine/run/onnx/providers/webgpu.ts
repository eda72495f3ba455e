import { loadNative } from '../native/runtime.ts'
import type { Provider } from '../providers.ts'
import type { Session, SessionOptions } from '../runtime.ts'
import { findGraphicsCard } from './graphics-card.ts'
import { openTrial } from './try-provider.ts'

/** ONNX Runtime on any graphics card through WebGPU (Dawn), which takes Vulkan on Linux, Metal on macOS, Direct3D 12 on Windows. */
export async function loadWebGpu(threads: number): Promise<Provider> {
  const runtime = await loadNative()
  const sessionOptions: SessionOptions = { device: { kind: 'webgpu' }, threads }
  let trial: Session
  try {
    trial = await openTrial({ runtime, sessionOptions })
  } catch (cause) {
    throw new Error(`No graphics card answers through ${interfaceOf(process.platform)}.`, { cause })
  }
  const device = findGraphicsCard()
  return {
    runtime,
    device,
    description: `ONNX Runtime ${runtime.version}, WebGPU, ${device}`,
    memory: 'device',
    // ONNX Runtime 1.30.0 has no FusedMatMul for WebGPU and would compute it on the processor, with copies there and back; its multi-head
    // attention gives wrong numbers for 32 tokens and more, at least over SwiftShader.
    recordOptions: { isPortable: true },
    // Its products add in the type of their result, so long sums would lose in 16 bits what they add.
    half: { isImitated: false, longestSum: 1024 },
    sessionOptions,
    dispose: () => trial.release(),
  }
}

function interfaceOf(platform: NodeJS.Platform): string {
  if (platform === 'darwin') return 'Metal'
  return platform === 'win32' ? 'Direct3D 12' : 'Vulkan'
}
