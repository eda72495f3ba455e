import type { NamedHostTensors } from '../engine.ts'
import { sizeOf } from '../graph/graph.ts'
import { names } from './names.ts'
import { roles, type NamedOnnx, type Role } from './state-buffer.ts'
import type { Layout } from './layout.ts'
import type { Packing } from './units.ts'

/** Inputs of a graph, and places for the outputs that take theirs. Outputs without a place get memory of their own. */
export interface Places {
  readonly feeds: NamedOnnx
  readonly fetches: NamedOnnx
}

/** What a training session carries from step to step, where ONNX Runtime computes. */
export interface StateStore {
  /** The state, and places for the next one, which may be written over it. */
  state(): Places
  /** Makes the next state, which a graph has computed, the state. */
  advance(results: NamedOnnx): Promise<void>
  /** The gradients' sum before micro-batch `index` of a step, counted from 0, and places for the sum after it, which may be written over it. */
  gradients(index: number): Places
  /** Keeps the sum after micro-batch `index`, which a graph has computed. */
  gather(index: number, results: NamedOnnx): void
  /** Copies the trained part of the state to host memory. */
  read(): Promise<Readonly<Record<Role, NamedHostTensors>>>
  dispose(): Promise<void>
}

/** Shapes of what one update works on, by its name. */
export function unitShapes({ packed, single }: Packing, { slots, packedLength }: Layout): ReadonlyMap<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>()
  if (packed.length > 0) shapes.set(names.packed, [packedLength])
  for (const name of single) shapes.set(name, slots.get(name)?.shape ?? [])
  return shapes
}

/** Names in a graph of the next state. */
export const nextState = (units: Iterable<string>): string[] => [...units].flatMap((unit) => roles.map(([, nameOf]) => names.next(nameOf(unit))))

/** Names in a graph of the gradients' next sum. */
export const nextGradients = (parameters: Iterable<string>): string[] => [...parameters].map((name) => names.next(names.gradient(name)))

/** Elements of the largest of some shapes. */
export const largestSize = (shapes: Iterable<readonly number[]>): number => Math.max(0, ...[...shapes].map(sizeOf))
