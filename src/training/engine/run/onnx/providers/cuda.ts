import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { libraryFolder } from '../native/library.ts'
import { loadNative } from '../native/runtime.ts'
import type { Provider } from '../providers.ts'
import type { Session, SessionOptions } from '../runtime.ts'
import { tryProvider } from './try-provider.ts'

/** ONNX Runtime on an NVIDIA card. Its libraries are installed by `engine install cuda`. */
export async function loadCuda(threads: number, deviceId: number): Promise<Provider> {
  const runtime = await loadNative()
  const library = cudaLibrary()
  if (library === undefined)
    throw new Error(
      `ONNX Runtime has CUDA libraries for Linux on x64 only; this is ${process.platform} on ${process.arch}.`,
    )
  if (!existsSync(library))
    throw new Error('The CUDA libraries of ONNX Runtime are not installed.', {
      cause: new Error(`${library} is missing.`),
    })
  const sessionOptions: SessionOptions = { device: { kind: 'cuda', number: deviceId }, threads }
  let trial: Session
  try {
    trial = await tryProvider({ runtime, sessionOptions })
  } catch (cause) {
    throw new Error(
      `CUDA does not start. It needs an NVIDIA card (number ${deviceId}) with its driver, CUDA 12 and cuDNN 9.`,
      { cause },
    )
  }
  return {
    runtime,
    device: `GPU ${deviceId}, CUDA`,
    description: `ONNX Runtime ${runtime.version}, CUDA, card ${deviceId}`,
    memory: 'device',
    // Its products accumulate in 32 bits.
    half: { isImitated: false },
    sessionOptions,
    dispose: () => trial.release(),
  }
}

/** The library that `engine install cuda` fetches; undefined on systems without one. */
function cudaLibrary(): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined
  return join(libraryFolder(), 'libonnxruntime_providers_cuda.so')
}
