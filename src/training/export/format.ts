import type { SafetensorsReader } from '../checkpoint/formats/safetensors/reader.ts'
import type { Engine, InferenceProgram } from '../engine/program/engine.ts'
import type { NamedHostTensors } from '../tensor/host-tensor.ts'
import type { Metadata } from './metadata.ts'
import type { Assumption, ExportModel } from './model.ts'

/** A checkpoint on its way out. */
export interface ExportSource {
  /** What messages call it. */
  readonly origin: string
  readonly model: ExportModel
  /** Names of the classes of a classifier, where they are known. */
  readonly classes: readonly string[] | null
  /** How an autoencoder was trained; null where nothing tells. */
  readonly pixelObjective: { readonly maskRatio: number; readonly normalizeTarget: boolean } | null
  /** Under the published names. */
  readonly weights: SafetensorsReader
  readonly metadata: Metadata
}

/** What a file computes, and what computed it. */
export interface ReadBack {
  readonly reader: string
  readonly outputs: NamedHostTensors
}

/** A format that checkpoints leave in: how it is written, and how what was written is run. */
export interface ExportFormat {
  readonly assumes: Assumption
  /** For a format that is a folder: what its files are called. A folder with other files is never replaced. */
  readonly folder?: RegExp
  /** Refuses, with the reason, a model that the format cannot express. */
  check?(source: ExportSource): void
  /** What the file computes. */
  program(model: ExportModel): InferenceProgram
  /** Writes the file or folder `path`, and files beside it whose names begin with its name. Returns how many tensors it holds. */
  write(source: ExportSource, path: string, signal: AbortSignal): Promise<number>
  /** Reads what `write` wrote, and runs it on the inputs of `program`. */
  readBack(
    source: ExportSource,
    path: string,
    inputs: NamedHostTensors,
    engine: Engine,
    signal: AbortSignal,
  ): Promise<ReadBack>
}
