import { availableParallelism } from 'node:os'
import { explanationOf, StudioError } from '#contract/api/errors.ts'
import { engineNames, isCompiled, traitsOf, type EngineName, type Precision } from '#contract/domain/engine.ts'
import { openCompiled } from './compiled-engine.ts'
import { reasonOf } from './list-engines.ts'
import type { Engine } from './program/engine.ts'
import { openEager } from './run/eager/eager-engine.ts'
import { noPrecision } from './run/onnx/providers/half-precision.ts'

export interface EngineOptions {
  /** Threads of a compiled engine; by default as many as the machine runs at once. */
  readonly threads?: number | undefined
  /** Which of several graphics cards, counted from 0; several compute shards of each batch. `onnx-cuda` only, the first one by default. */
  readonly devices?: readonly number[] | undefined
  /** Ranks that compute shards of each batch in parallel, 1 by default. `onnx-cpu` in float32 only; other engines ignore it. */
  readonly workers?: number | undefined
  /** Element type of matrix products, float32 by default. */
  readonly precision?: Precision | undefined
  /** Whether float32 products are computed in TF32. `onnx-cuda` only; false by default. */
  readonly tf32?: boolean | undefined
  /** Whether an engine without operators in half precision may imitate them, which is slower. For tests; by default such an engine is refused. */
  readonly mayImitate?: boolean | undefined
}

/**
 * Opens one engine.
 * @throws StudioError `engine-unavailable` if it is not present or its device does not work, `out-of-memory` if the device has too little
 * memory, `configuration-invalid` if it does not support the precision.
 */
export async function openEngine(
  name: EngineName,
  {
    threads = availableParallelism(),
    devices = [0],
    workers = 1,
    precision = 'float32',
    tf32 = false,
    mayImitate = false,
  }: EngineOptions = {},
): Promise<Engine> {
  try {
    if (isCompiled(name)) {
      const areUsed = name === 'onnx-cpu' && precision === 'float32'
      return await openCompiled(name, {
        threads,
        devices,
        precision,
        tf32,
        mayImitate,
        workers: areUsed ? workers : 1,
      })
    }
    if (precision !== 'float32') throw noPrecision(name, precision)
    return await openEager(name)
  } catch (cause) {
    const known = explanationOf(cause)
    if (known?.code === 'configuration-invalid') throw known
    if (known !== undefined)
      throw new StudioError(known.code, `The engine '${name}' does not start: ${known.message}`, known.hint, { cause })
    const { installCommand } = traitsOf(name)
    const others = `another engine: auto, ${engineNames.filter((other) => other !== name).join(', ')}.`
    const hint =
      installCommand === undefined ? `Choose ${others}` : `Install it with: ${installCommand}, or choose ${others}`
    throw new StudioError('engine-unavailable', `The engine '${name}' is not present: ${reasonOf(cause)}`, hint, {
      cause,
    })
  }
}
