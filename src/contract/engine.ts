import { z } from 'zod'

/** Ways to execute tensor code. `onnx-cpu` is compiled, the others run tfjs kernel by kernel. */
export const engineNames = ['onnx-cpu', 'tensorflow', 'wasm', 'cpu'] as const
export const engineName = z.enum(engineNames)
export type EngineName = z.infer<typeof engineName>

/** `auto` takes the fastest engine present. */
export const engineChoice = z.enum(['auto', ...engineNames])
export type EngineChoice = z.infer<typeof engineChoice>

/** One engine on this machine: whether it is present, and why or why not. */
export const engineReport = z.object({
  name: engineName,
  isPresent: z.boolean(),
  reason: z.string(),
  device: z.string(),
  /** Command that installs a missing engine; empty where there is none. */
  install: z.string(),
})
export type EngineReport = z.infer<typeof engineReport>
