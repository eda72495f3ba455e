import { StudioError } from '#contract/api/errors.ts'
import type { Card } from '#contract/domain/card.ts'
import {
  type CompiledEngineName,
  enginesWith,
  type EngineName,
  type Precision,
  traitsOf,
} from '#contract/domain/engine.ts'
import * as tf from '../../../../tensor/tf.ts'
import { encodeOnnx } from '../../../record/graph/encode-onnx.ts'
import { type HalfPrecision } from '../../../record/half-precision.ts'
import { record } from '../../../record/record.ts'
import type { Provider, ProviderOptions } from '../providers.ts'
import { numberIn } from '../runtime.ts'

/**
 * The provider with the requested precision.
 * @throws StudioError `configuration-invalid` if it does not support the precision; the provider is then disposed
 */
export async function inPrecision(
  name: CompiledEngineName,
  provider: Provider,
  { precision = 'float32', mayImitate = false }: ProviderOptions,
): Promise<Provider> {
  if (precision === 'float32') return provider
  const { half, description, recordOptions, card } = provider
  try {
    if (half === undefined || (half.isImitated ? !mayImitate : !traitsOf(name).precisions.includes(precision)))
      throw noPrecision(name, precision)
    if (precision === 'bfloat16') checkCapability(card)
    if (!half.isImitated) await tryHalf(name, provider, { ...half, type: precision })
  } catch (cause) {
    await provider.dispose()
    throw cause
  }
  return {
    ...provider,
    recordOptions: { ...recordOptions, half: { ...half, type: precision } },
    description: `${description}, ${precision}${half.isImitated ? ' imitated' : ''}`,
  }
}

/** The error of an engine that does not compute in a precision. */
export function noPrecision(engine: EngineName, precision: Precision): StudioError {
  const supported = traitsOf(engine).precisions.join(' or ')
  return new StudioError(
    'configuration-invalid',
    `general.precision: the engine '${engine}' computes in ${supported} only.`,
    `Set general.precision to ${supported}, or choose ${enginesWith(precision).join(' or ')} on a graphics card that supports ${precision}.`,
  )
}

/** First compute capability with bfloat16: Ampere. */
const bfloat16Capability = 8

/** @throws StudioError `configuration-invalid` if the card is known to be too old for bfloat16 */
function checkCapability(card: Card | undefined): void {
  const capability = Number(card?.computeCapability ?? bfloat16Capability)
  if (capability >= bfloat16Capability) return
  throw new StudioError(
    'configuration-invalid',
    `general.precision: ${card?.name} has compute capability ${card?.computeCapability}, and bfloat16 needs 8.0 (Ampere) or newer.`,
    'Set general.precision to float16 or float32, or use another graphics card.',
  )
}

/** Computes 1.5 · 2 in half precision. @throws StudioError `configuration-invalid` if the device does not support it */
async function tryHalf(
  name: CompiledEngineName,
  { runtime, sessionOptions }: Provider,
  half: HalfPrecision,
): Promise<void> {
  const hint = `Set general.precision to ${half.type === 'bfloat16' ? 'float16 or float32' : 'float32'}, or use another graphics card.`
  const program = 'the half-precision check'
  const values = record(
    program,
    ({ input }) => ({
      y: tf.matMul(input('x', { shape: [1, 1], type: 'float32' }) as tf.Tensor2D, tf.tensor2d([[2]])),
    }),
    { half },
  )
  let answer: number
  try {
    const session = await runtime.open(encodeOnnx(program, values).bytes, { ...sessionOptions, isQuiet: true })
    try {
      answer = numberIn(await session.run({ x: { shape: [1, 1], dtype: 'float32', data: Float32Array.of(1.5) } }), 'y')
    } finally {
      await session.release()
    }
  } catch (cause) {
    throw new StudioError(
      'configuration-invalid',
      `general.precision: the device of '${name}' does not support ${half.type}.`,
      hint,
      { cause },
    )
  }
  if (answer !== 3)
    throw new StudioError(
      'configuration-invalid',
      `general.precision: 1.5 · 2 gave ${answer} in ${half.type} on '${name}'.`,
      hint,
    )
}
