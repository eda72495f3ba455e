import type { SafetensorsReader } from '../checkpoint/formats/safetensors/reader.ts'
import type { Engine, InferenceProgram } from '../engine/program/engine.ts'
import type { Model } from '../model/layouts.ts'
import type { NamedHostTensors } from '../tensor/host-tensor.ts'
import type { Metadata } from './metadata.ts'
import type { Assumption } from './model.ts'

/** A checkpoint or imported model to be exported. */
export interface ExportSource {
  /** Its name in messages. */
  readonly origin: string
  readonly model: Model
  /** Names of the classes of a classifier, if known. */
  readonly classes: readonly string[] | null
  /** How an autoencoder was trained; null if unknown. */
  readonly pixelObjective: { readonly maskRatio: number; readonly normalizeTarget: boolean } | null
  /** Under the published names. */
  readonly weights: SafetensorsReader
  readonly metadata: Metadata
}

/** Outputs of a written file, and what computed them. */
export interface ReadBack {
  readonly reader: string
  readonly outputs: NamedHostTensors
}

/** An export format: how it is written, and how the written file is run. */
export interface ExportFormat {
  readonly assumes: Assumption
  /** For a format that is a folder: the names of its files. A folder with other files is never replaced. */
  readonly folder?: RegExp
  /** @throws StudioError `bad-request` with the reason, for a model that the format cannot express. */
  check?(source: ExportSource): void
  /** What the file computes. */
  program(model: Model): InferenceProgram
  /** Writes the file or folder `path`, and files next to it whose names start with its name. Returns the number of tensors in it. */
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
