import { z } from 'zod'
import { card } from './card.ts'

/** Element type of matrix products; everything else is float32. */
export const precision = z.enum(['float32', 'bfloat16', 'float16'])
export type Precision = z.infer<typeof precision>

interface EngineTraits {
  /** One sentence for lists of engines. */
  readonly title: string
  /** Whether each program is recorded once as a graph and then run by ONNX Runtime; the others run tfjs kernel by kernel. */
  readonly isCompiled: boolean
  /** Precisions in which it computes, the half ones on a device that supports them. */
  readonly precisions: readonly Precision[]
  /** `any`: a graphics card if it finds one, else the processor. */
  readonly device: 'graphics card' | 'processor' | 'any'
  /** Runs in JavaScript or WebAssembly alone. `auto` tries it only if no engine with a native library can be timed. */
  readonly isFallback: boolean
  /** Command that installs it; undefined for engines that come with the studio. */
  readonly installCommand?: string
}

/** Ways to execute tensor code, fastest first. */
const engineTraits = {
  'onnx-cuda': {
    title: 'Compiles each step to one graph; for NVIDIA cards.',
    isCompiled: true,
    precisions: ['float32', 'bfloat16', 'float16'],
    device: 'graphics card',
    isFallback: false,
    installCommand: 'npm run -s studio -- engine install cuda',
  },
  tensorflow: {
    title: 'TensorFlow, kernel by kernel.',
    isCompiled: false,
    precisions: ['float32'],
    device: 'any',
    isFallback: false,
    installCommand: 'npm run -s studio -- engine install tensorflow',
  },
  'onnx-webgpu': {
    title: 'Compiles each step to one graph; for any graphics card, through Vulkan, Metal or Direct3D.',
    isCompiled: true,
    precisions: ['float32', 'float16'],
    device: 'graphics card',
    isFallback: false,
  },
  'onnx-cpu': {
    title: 'Compiles each step to one graph; the fastest on a processor.',
    isCompiled: true,
    precisions: ['float32'],
    device: 'processor',
    isFallback: false,
  },
  'onnx-wasm': {
    title: 'Compiles each step to one graph, in WebAssembly; for systems without a library of ONNX Runtime.',
    isCompiled: true,
    precisions: ['float32'],
    device: 'processor',
    isFallback: true,
  },
  wasm: {
    title: 'WebAssembly, kernel by kernel; works everywhere, slow.',
    isCompiled: false,
    precisions: ['float32'],
    device: 'processor',
    isFallback: true,
  },
  cpu: {
    title: 'Plain JavaScript; the reference for the other engines, very slow.',
    isCompiled: false,
    precisions: ['float32'],
    device: 'processor',
    isFallback: true,
  },
} as const satisfies Readonly<Record<string, EngineTraits>>

export type EngineName = keyof typeof engineTraits
/** Engines that run compiled graphs. */
export type CompiledEngineName = {
  [Name in EngineName]: (typeof engineTraits)[Name]['isCompiled'] extends true ? Name : never
}[EngineName]
/** Fastest first. */
export const engineNames = Object.keys(engineTraits) as EngineName[]
export const engineName = z.enum(engineNames)
export const traitsOf = (name: EngineName): EngineTraits => engineTraits[name]
export const isCompiled = (name: EngineName): name is CompiledEngineName => traitsOf(name).isCompiled
export const enginesWith = (precision: Precision): EngineName[] =>
  engineNames.filter((name) => traitsOf(name).precisions.includes(precision))

/** `auto` is the fastest engine that works on this machine. */
export const engineChoice = z.enum(['auto', ...engineNames])
export type EngineChoice = z.infer<typeof engineChoice>

/** One engine on this machine: whether it is present, and why or why not. */
export const engineReport = z.object({
  name: engineName,
  isPresent: z.boolean(),
  reason: z.string(),
  /** The loader's own message about a missing engine, if it says more than the reason: paths, versions, codes. */
  detail: z.string().optional(),
  /** Starts with `GPU` on a real graphics card and with `CPU` otherwise; empty for a missing engine. */
  device: z.string(),
  /** The NVIDIA card that it computes on, if `nvidia-smi` describes it. */
  card: card.optional(),
  /** Command that installs a missing engine; empty if there is none. */
  install: z.string(),
})
export type EngineReport = z.infer<typeof engineReport>

/** What trying an engine gave, as far as it got. */
export const engineTrial = engineReport.extend({
  /** Two training steps compared with plain JavaScript; null if the engine was not tested. */
  selfTest: z.object({ passed: z.boolean(), worstDifference: z.number().nullable(), sentence: z.string() }).nullable(),
  /** Of a small transformer; null if it was not timed or took too long. */
  secondsPerStep: z.number().nullable(),
})
export type EngineTrial = z.infer<typeof engineTrial>

/** A trial with the decision of `auto`. */
export const engineVerdict = engineTrial.extend({
  /** Whether `auto` chooses it. */
  isChosen: z.boolean(),
  /** Why `auto` chooses it or not, as a sentence. */
  verdict: z.string(),
  /** ISO time. */
  triedAt: z.string(),
})
export type EngineVerdict = z.infer<typeof engineVerdict>
