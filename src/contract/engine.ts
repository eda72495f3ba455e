import { z } from 'zod'

/** Ways to execute tensor code. `onnx-cpu` is compiled, the others run tfjs kernel by kernel. */
export const engineNames = ['onnx-cpu', 'tensorflow', 'wasm', 'cpu'] as const
export const engineName = z.enum(engineNames)
export type EngineName = z.infer<typeof engineName>

/** Engines that `auto` tries one after the other, fastest first, where TensorFlow has no graphics card. */
export const autoOrder = ['onnx-cpu', 'wasm', 'cpu'] as const satisfies readonly EngineName[]

/** `auto` takes the fastest engine present. */
export const engineChoice = z.enum(['auto', ...engineNames])
export type EngineChoice = z.infer<typeof engineChoice>

/** One engine on this machine: whether it is present, and why or why not. */
export const engineReport = z.object({
  name: engineName,
  isPresent: z.boolean(),
  reason: z.string(),
  /** What the loader of a missing engine said, where that is more than the reason: paths, versions, codes. */
  detail: z.string().optional(),
  device: z.string(),
  /** Command that installs a missing engine; empty where there is none. */
  install: z.string(),
})
export type EngineReport = z.infer<typeof engineReport>

/** The engine that `auto` takes on a machine with these engines. */
export function autoChoice(reports: readonly EngineReport[]): EngineName | undefined {
  const present = new Map(reports.filter(({ isPresent }) => isPresent).map((report) => [report.name, report]))
  return present.get('tensorflow')?.device === 'GPU' ? 'tensorflow' : autoOrder.find((name) => present.has(name))
}
