import { createHash } from 'node:crypto'
import { StudioError } from '#contract/api/errors.ts'
import { type DatasetManifest, type Sample, samplesOf, type Split } from '#contract/domain/dataset.ts'
import type { ClipReader } from './clip.ts'
import { draws, type Draws } from './random.ts'

/** Where batches come from. `warn` is called once for every video that cannot be read. */
export interface DataSource {
  readonly manifest: DatasetManifest
  readonly reader: ClipReader
  readonly seed: number
  warn(message: string): void
}

/**
 * Samples of a split in the order of the manifest; with a label set, only those whose class is known.
 * @throws StudioError `dataset-empty` if there is none.
 */
export function requireSamples(manifest: DatasetManifest, split: Split, labelSet?: string): Sample[] {
  const samples = samplesOf(manifest, { split, labelSet })
  if (samples.length > 0) return samples
  const labelled = labelSet === undefined ? '' : ` with a class in the label set ${labelSet}`
  throw new StudioError(
    'dataset-empty',
    `The dataset ${manifest.name} has no ${split} video${labelled}.`,
    'Add such videos and import the folder again.',
  )
}

/** Random numbers of the sample at one position of an optimizer step; a replacement of it has another `attempt`. */
export function sampleDraws(
  { seed }: DataSource,
  purpose: string,
  step: number,
  position: number,
  attempt: number,
): Draws {
  return draws(seed, purpose, step, position, attempt)
}

/** Random numbers of one of the fixed draws of a sample, which depend on nothing else. */
export function fixedSampleDraws({ seed }: DataSource, purpose: string, sampleId: string, draw: number): Draws {
  const digest = createHash('sha256').update(sampleId).digest()
  return draws(seed, `fixed-${purpose}`, digest.readUInt32LE(0), digest.readUInt32LE(4), draw)
}
