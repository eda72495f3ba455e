import { cudaFolder, readCudaInstallation } from '#node/onnx-cuda.ts'
import { queryVisibleCards } from '#node/visible-cards.ts'
import { loadNvidiaLibraries } from '../cuda/nvidia-libraries.ts'
import { loadKoffi } from '../native/library.ts'
import { loadNative } from '../native/runtime.ts'
import type { Provider } from '../providers.ts'
import type { Session, SessionOptions } from '../runtime.ts'
import { cudaHalf, cudaRecording } from './cuda-recording.ts'
import { tryProvider } from './try-provider.ts'

/** NVIDIA's libraries of this process. A library is unloaded when its handle is garbage collected. */
let handles: readonly unknown[] | undefined

/** ONNX Runtime on an NVIDIA card. Its library and provider are installed by `engine install cuda`. */
export async function loadCuda(threads: number, deviceId: number, tf32 = false): Promise<Provider> {
  const installation = readCudaInstallation()
  if (installation === undefined)
    throw new Error('The CUDA libraries of ONNX Runtime are not installed.', {
      cause: new Error(`${cudaFolder()} does not exist.`),
    })
  const koffi = await loadKoffi()
  handles ??= loadNvidiaLibraries(installation, (path) => koffi.load(path))
  const runtime = await loadNative(cudaFolder())
  const sessionOptions: SessionOptions = { device: { kind: 'cuda', number: deviceId, tf32 }, threads }
  let trial: Session
  try {
    trial = await tryProvider({ runtime, sessionOptions })
  } catch (cause) {
    throw new Error(
      `CUDA does not start. It needs an NVIDIA card (number ${deviceId}) with a driver for CUDA ${installation.cuda}.`,
      { cause },
    )
  }
  const { visible } = await queryVisibleCards()
  const card = visible.cards[deviceId]
  return {
    runtime,
    device: `GPU ${deviceId}, ${card?.name ?? 'CUDA'}`,
    ...(card === undefined ? {} : { card }),
    description: `ONNX Runtime ${runtime.version}, CUDA ${installation.cuda}${card === undefined ? '' : `, ${card.name}`}${tf32 ? ', TF32' : ''}`,
    memory: 'device',
    recordOptions: cudaRecording,
    half: cudaHalf,
    sessionOptions,
    dispose: () => trial.release(),
  }
}
