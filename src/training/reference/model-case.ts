import { join } from 'node:path'
import { readUnicode } from '#node/text-file.ts'
import { readSafetensors } from '../checkpoint/formats/safetensors/reader.ts'
import { blockSizes } from '../checkpoint/names/sizes.ts'
import { type ParameterSpec, selectParameters } from '../model/parameters.ts'
import type { QkvBias, Stack } from '../model/vit.ts'
import type { HostTensor, NamedHostTensors } from '../tensor/host-tensor.ts'
import { type CaseFile, parseCase } from './case-file.ts'
import { refuse } from './refuse.ts'

/** A recorded model: its configuration, inputs and outputs. */
export interface ModelCase<C extends CaseFile = CaseFile> {
  readonly file: C
  readonly weights: NamedHostTensors
  readonly inputs: NamedHostTensors
  readonly expected: NamedHostTensors
}

export async function readModelCase(folder: string, signal?: AbortSignal): Promise<ModelCase> {
  const file = parseCase(readUnicode(join(folder, 'case.json')))
  const tensors = async (name: string) => readSafetensors(join(folder, `${name}.safetensors`), signal)
  return {
    file,
    weights: await tensors('weights'),
    inputs: await tensors('inputs'),
    expected: await tensors('expected'),
  }
}

/** The inputs of a case, each of a known name and shape; `null` leaves a shape open. */
export function checkInputs(
  inputs: NamedHostTensors,
  shapes: Readonly<Record<string, readonly number[] | null>>,
): void {
  for (const [name, { shape }] of Object.entries(inputs)) {
    const expected = shapes[name]
    if (expected === undefined) refuse(`inputs.safetensors has the unknown tensor ${name}`)
    if (expected !== null && expected.join() !== shape.join())
      refuse(`The input ${name} has the shape [${shape.join(', ')}]; case.json requires [${expected.join(', ')}]`)
  }
}

export function inputOf(inputs: NamedHostTensors, name: string): HostTensor {
  return inputs[name] ?? refuse(`inputs.safetensors holds no tensor ${name}`)
}

interface StackFields {
  readonly width: number
  readonly depth: number
  readonly heads: number
  readonly mlpRatio?: number | undefined
  readonly qkvBias?: 'joint' | 'split' | undefined
}

/**
 * The stack that `case.json` describes. Its MLP width and biases come from the weights.
 * @throws StudioError `bad-request` if `case.json` contradicts the weights.
 */
export function stackOf(
  fields: StackFields,
  weights: NamedHostTensors,
  prefix: string,
): Required<Pick<Stack, 'mlpWidth' | 'qkvBias'>> & Stack {
  const { width, depth, heads, mlpRatio } = fields
  const { mlpWidth, qkvBias } = blockSizes(
    new Map(Object.entries(weights).map(([name, { shape }]) => [name, shape])),
    prefix,
  )
  if (width % heads !== 0) refuse(`case.json: ${heads} heads do not divide the width ${width}`)
  if (mlpRatio !== undefined && Math.floor(width * mlpRatio) !== mlpWidth)
    refuse(
      `case.json has mlpRatio ${mlpRatio} for the width ${width}, but the MLP in the weights has the width ${mlpWidth}`,
    )
  if (fields.qkvBias !== undefined && biases[fields.qkvBias] !== qkvBias)
    refuse(
      `case.json has qkvBias ${fields.qkvBias}, but the weights have ${qkvBias === 'none' ? 'none' : `a ${qkvBias} one`}`,
    )
  return { width, depth, heads, mlpWidth, qkvBias }
}

const biases = { joint: 'joint', split: 'separate' } as const satisfies Record<string, QkvBias>

/** The weights of a model; missing and additional tensors are rejected. */
export function exactWeights(specs: readonly ParameterSpec[], weights: NamedHostTensors): NamedHostTensors {
  const names = new Set(specs.map(({ name }) => name))
  const extra = Object.keys(weights).find((name) => !names.has(name))
  if (extra !== undefined) refuse(`weights.safetensors holds ${extra}, which is not a tensor of the model`)
  return selectParameters(specs, weights, 'weights.safetensors')
}

/** The tensors under a prefix, without it. */
export const under = (prefix: string, tensors: NamedHostTensors): NamedHostTensors =>
  Object.fromEntries(
    Object.entries(tensors).flatMap(([name, tensor]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), tensor] as const] : [],
    ),
  )
