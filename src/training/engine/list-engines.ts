import { engineNames, type EngineName, type EngineReport } from '#contract/domain/engine.ts'
import { loadBackend } from './run/eager/backends.ts'
import { isOnnxName, openProvider } from './run/onnx/providers.ts'

/** What a person runs to get an engine that is missing; empty for those that come with the studio. */
export const installCommands: Readonly<Record<EngineName, string>> = {
  'onnx-cuda': 'npm run -s studio -- engine install cuda',
  tensorflow: 'npm run -s studio -- engine install tensorflow',
  'onnx-webgpu': '',
  'onnx-cpu': '',
  'onnx-wasm': '',
  wasm: '',
  cpu: '',
}

const virtues: Readonly<Record<EngineName, string>> = {
  'onnx-cuda': 'Compiles each step to one graph; on NVIDIA cards.',
  tensorflow: 'TensorFlow, kernel by kernel.',
  'onnx-webgpu': 'Compiles each step to one graph; on any graphics card, through Vulkan, Metal or Direct3D.',
  'onnx-cpu': 'Compiles each step to one graph; the fastest on a processor.',
  'onnx-wasm': 'Compiles each step to one graph, in WebAssembly; where ONNX Runtime has no library.',
  wasm: 'WebAssembly, kernel by kernel; works everywhere, slow.',
  cpu: 'Plain JavaScript; the reference to check the others against, very slow.',
}

/** Tries every engine on this machine. Never throws: a missing one is reported with the reason, and with what its loader said. */
export function listEngines(): Promise<EngineReport[]> {
  return Promise.all(engineNames.map(reportEngine))
}

/** Tries one engine. */
export async function reportEngine(name: EngineName): Promise<EngineReport> {
  try {
    return { name, isPresent: true, reason: virtues[name], device: await deviceOf(name), install: '' }
  } catch (cause) {
    const detail = cause instanceof Error && cause.cause !== undefined ? { detail: reasonOf(cause.cause) } : {}
    return { name, isPresent: false, reason: reasonOf(cause), ...detail, device: '', install: installCommands[name] }
  }
}

async function deviceOf(name: EngineName): Promise<string> {
  if (!isOnnxName(name)) return (await loadBackend(name)).device
  const provider = await openProvider(name)
  await provider.dispose()
  return provider.device
}

export function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
