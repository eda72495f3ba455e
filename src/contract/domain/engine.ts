import { z } from 'zod'

/** Ways to execute tensor code, fastest first. Those of ONNX Runtime are compiled, the others run tfjs kernel by kernel. */
export const engineNames = ['onnx-cuda', 'tensorflow', 'onnx-webgpu', 'onnx-cpu', 'onnx-wasm', 'wasm', 'cpu'] as const
export const engineName = z.enum(engineNames)
export type EngineName = z.infer<typeof engineName>

/** `auto` takes the fastest engine that works on this machine. */
export const engineChoice = z.enum(['auto', ...engineNames])
export type EngineChoice = z.infer<typeof engineChoice>

/** Numbers that products of matrices are computed with; all else is float32. */
export const precisions = ['float32', 'float16'] as const
export const precision = z.enum(precisions)
export type Precision = z.infer<typeof precision>

/** Engines that compute in half precision, on a graphics card that can. */
export const halfPrecisionEngines: readonly EngineChoice[] = ['onnx-cuda', 'onnx-webgpu']

/** One engine on this machine: whether it is present, and why or why not. */
export const engineReport = z.object({
  name: engineName,
  isPresent: z.boolean(),
  reason: z.string(),
  /** What the loader of a missing engine said, where that is more than the reason: paths, versions, codes. */
  detail: z.string().optional(),
  /** Begins with `GPU` on a real graphics card and with `CPU` elsewhere; empty for a missing engine. */
  device: z.string(),
  /** Command that installs a missing engine; empty where there is none. */
  install: z.string(),
})
export type EngineReport = z.infer<typeof engineReport>

/** What trying an engine gave, as far as it got. */
export const engineTrial = engineReport.extend({
  /** Two training steps beside the same ones in plain JavaScript; null where it did not come to that. */
  selfTest: z.object({ passed: z.boolean(), worstDifference: z.number().nullable(), sentence: z.string() }).nullable(),
  /** Of a small transformer; null where it was not timed, or took too long. */
  secondsPerStep: z.number().nullable(),
})
export type EngineTrial = z.infer<typeof engineTrial>

/** What `auto` makes of a trial, in view of the others. */
export const engineVerdict = engineTrial.extend({
  /** Whether `auto` takes it. */
  isChosen: z.boolean(),
  /** Why `auto` takes it or passes it over, as a sentence. */
  verdict: z.string(),
  /** ISO time. */
  triedAt: z.string(),
})
export type EngineVerdict = z.infer<typeof engineVerdict>
