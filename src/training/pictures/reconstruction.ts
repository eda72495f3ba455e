import type { MediaItem } from '#contract/domain/media.ts'
import { floatTensor, maskTensors } from '../data/batch-tensors.ts'
import { type Mask, randomMask, tubeMask } from '../data/masks.ts'
import { denormalize } from '../data/normalize.ts'
import { draws } from '../data/random.ts'
import type { InferenceProgram } from '../engine/program/engine.ts'
import type { ClipGeometry } from '../model/patches.ts'
import { gridOf, tokenCount } from '../model/patches.ts'
import { hidden, meanColours, type reconstructedVideo } from '../objective/reconstruction.ts'
import type { NamedHostTensors } from '../tensor/host-tensor.ts'
import { type PictureContext, shownClip } from './shown-clip.ts'
import { type Strip, type StripRole, writeStrips } from './strips.ts'

export interface ReconstructionSettings {
  readonly geometry: ClipGeometry
  /** Predicts the targets of one clip: `video` [1, 3, T, S, S], `visible`, `masked` -> `prediction` [1, Nm, cube]. */
  readonly program: InferenceProgram
  readonly maskRatio: number
  /** Converts predictions to pixels; normalised ones get mean and contrast of the true patch. */
  readonly reconstruct: typeof reconstructedVideo
  readonly isNormalized: boolean
}

/**
 * Writes a picture of the prediction for the hidden tokens of one clip; clip and mask are the same at every step and in every run.
 * The strip `patch-mean` is shown next to the reconstruction, because the mean of a normalised patch is given, not predicted.
 */
export function reconstructionPicture(context: PictureContext, settings: ReconstructionSettings) {
  const { geometry, program, reconstruct, isNormalized } = settings
  const mask = shownMask(geometry, settings.maskRatio)
  return async (parameters: NamedHostTensors, step: number): Promise<MediaItem> => {
    const { video, pixels } = await shownClip(context, { ...context.clip, ...geometry }, geometry.imageSize)
    const session = await context.engine.inference(program, parameters)
    try {
      const spec = program.inputs['video']
      const { prediction } = await session.run({
        video: floatTensor(spec?.shape ?? [], pixels),
        ...maskTensors([mask]),
      })
      const values = Float32Array.from(prediction?.data ?? [])
      const strips = [
        strip('input', pixels),
        strip('masked', hidden(pixels, geometry, mask.masked)),
        strip('reconstruction', reconstruct(pixels, geometry, mask.masked, values, isNormalized)),
        strip('patch-mean', meanColours(pixels, geometry, mask.masked)),
      ]
      return {
        step,
        kind: 'reconstruction',
        video: video.path,
        frames: geometry.frames,
        imageSize: geometry.imageSize,
        grid: [...gridOf(geometry)],
        mask: maskBits(mask, tokenCount(geometry)),
        strips: await writeStrips(context.folder, step, geometry.imageSize, strips),
        errorMaps: [],
      }
    } finally {
      await session.dispose()
    }
  }
}

const strip = (role: StripRole, clip: Float32Array): Strip => ({ role, pixels: denormalize(clip) })

/** The mask of every picture; it depends only on its sizes. Single frames have a random mask as in MAE, clips a tube mask. */
export function shownMask(geometry: ClipGeometry, ratio: number): Mask {
  const random = draws(0, 'picture')
  return geometry.frames === 1
    ? randomMask(random, tokenCount(geometry), ratio)
    : tubeMask(random, gridOf(geometry), ratio)
}

/** 1 for each masked token, in token order. */
export function maskBits({ masked }: Mask, tokens: number): (0 | 1)[] {
  const bits: (0 | 1)[] = Array.from({ length: tokens }, () => 0)
  for (const token of masked) bits[token] = 1
  return bits
}
