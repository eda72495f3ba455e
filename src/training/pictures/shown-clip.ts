import type { ClipConfiguration } from '#contract/configuration/clip.ts'
import { type DatasetManifest, type Sample, samplesOf, type Video } from '#contract/domain/dataset.ts'
import { type ClipReader, decodedVideo } from '../data/clip.ts'
import { testCrop } from '../data/crops.ts'
import { decodedShortSide } from '../data/geometry.ts'
import { framesOf, viewFrames } from '../data/sampling.ts'
import type { Engine } from '../engine/program/engine.ts'

/** What a picture needs of the run that it shows. */
export interface PictureContext {
  readonly engine: Engine
  readonly manifest: DatasetManifest
  readonly clip: ClipConfiguration
  readonly clipReader: ClipReader
  /** Folder of the run. */
  readonly folder: string
}

/** The clip in the pictures of a run: always the middle of the same sample, so that runs can be compared. */
export interface ShownClip {
  readonly video: Video
  /** Normalised [3, T, S, S]. */
  readonly pixels: Float32Array
}

export async function shownClip(
  { manifest, clipReader }: Pick<PictureContext, 'manifest' | 'clipReader'>,
  clip: ClipConfiguration,
  size: number,
): Promise<ShownClip> {
  const sample = shownSample(manifest)
  const decoded = decodedVideo(manifest.root, sample.video, decodedShortSide(size))
  const [frames] = await clipReader.read({
    ...decoded,
    frameIndices: framesOf(sample, (frameCount) => viewFrames(frameCount, clip, 0, 1)),
    crop: testCrop(decoded.decodedSize, size, 0, 1),
    flip: false,
    sizes: [size],
    resample: 'bilinear',
  })
  if (!(frames instanceof Float32Array)) throw new Error(`The reader gave no floats for ${sample.video.path}.`)
  return { video: sample.video, pixels: frames }
}

/** The first sample by id that is not in the training split, or the first of all samples if there is none. */
function shownSample(manifest: DatasetManifest): Sample {
  const byId = samplesOf(manifest).toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const sample =
    byId.find(({ split }) => split === 'validation') ?? byId.find(({ split }) => split === 'test') ?? byId[0]
  if (sample === undefined) throw new Error(`The dataset ${manifest.name} has no video.`)
  return sample
}
