import { loadNative } from '../native/runtime.ts'
import type { Provider } from '../providers.ts'
import type { Session, SessionOptions } from '../runtime.ts'
import { findGraphicsCard } from './graphics-card.ts'
import { tryProvider } from './try-provider.ts'

/** ONNX Runtime on any graphics card through WebGPU (Dawn): Vulkan on Linux, Metal on macOS, Direct3D 12 on Windows. */
export async function loadWebGpu(threads: number): Promise<Provider> {
  const runtime = await loadNative()
  const sessionOptions: SessionOptions = { device: { kind: 'webgpu' }, threads }
  let trial: Session
  try {
    trial = await tryProvider({ runtime, sessionOptions })
  } catch (cause) {
    throw new Error(`No graphics card responds through ${interfaceOf(process.platform)}.`, { cause })
  }
  const device = findGraphicsCard()
  return {
    runtime,
    device,
    description: `ONNX Runtime ${runtime.version}, WebGPU, ${device}`,
    memory: 'device',
    // ONNX Runtime 1.30.0 has no FusedMatMul for WebGPU and computes it on the processor, with copies in both directions; its multi-head
    // attention gives wrong numbers for 32 tokens and more, at least on SwiftShader.
    recordOptions: { isPortable: true },
    // Its products accumulate in the type of their result, so long sums would lose precision in 16 bits.
    half: { isImitated: false, longestSum: 1024 },
    sessionOptions,
    dispose: () => trial.release(),
  }
}

function interfaceOf(platform: NodeJS.Platform): string {
  if (platform === 'darwin') return 'Metal'
  return platform === 'win32' ? 'Direct3D 12' : 'Vulkan'
}
