import type { ClipConfiguration } from '#contract/configuration/clip.ts'
import type { DatasetManifest, Video } from '#contract/domain/dataset.ts'
import { decodedVideo } from '../data/clip.ts'
import { testCrop } from '../data/crops.ts'
import { decodedShortSide } from '../data/geometry.ts'
import { normalize } from '../data/normalize.ts'
import { viewFrames } from '../data/sampling.ts'
import type { StageContext } from './stage.ts'

/** The clip that a run shows of itself: always the middle of the same video, so that runs can be compared. */
export interface ShownClip {
  readonly video: Video
  /** Normalised [3, T, S, S]. */
  readonly pixels: Float32Array
}

export async function shownClip(
  { manifest, pool }: StageContext,
  clip: ClipConfiguration,
  size: number,
): Promise<ShownClip> {
  const video = shownVideo(manifest)
  const decoded = decodedVideo(manifest.root, video, decodedShortSide(size))
  const [frames] = await pool.read({
    ...decoded,
    frameIndices: viewFrames(video.frames, clip, 0, 1),
    crop: testCrop(decoded.decodedSize, size, 0, 1),
    flip: false,
    sizes: [size],
    resample: 'bilinear',
  })
  const pixels = new Float32Array(3 * clip.frames * size * size)
  if (frames !== undefined) normalize(frames, pixels, 0)
  return { video, pixels }
}

/** The first video that is not trained on, by id; the first of all where every video is. */
function shownVideo({ videos, name }: DatasetManifest): Video {
  const byId = videos.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const video =
    byId.find(({ split }) => split === 'validation') ?? byId.find(({ split }) => split === 'test') ?? byId[0]
  if (video === undefined) throw new Error(`The dataset ${name} has no video.`)
  return video
}
