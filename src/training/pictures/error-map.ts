import { StudioError } from '#contract/api/errors.ts'
import type { MediaItem } from '#contract/domain/media.ts'
import { clipSpec, floatTensor, maskTensors } from '../data/batch-tensors.ts'
import { denormalize } from '../data/normalize.ts'
import type { InferenceProgram } from '../engine/program/engine.ts'
import { type ClipGeometry, gridOf, tokenCount } from '../model/patches.ts'
import type { HostTensor, NamedHostTensors } from '../tensor/host-tensor.ts'
import { maskBits, shownMask } from './reconstruction.ts'
import { type PictureContext, shownClip } from './shown-clip.ts'
import { writeStrips } from './strips.ts'

export interface ErrorMapSettings {
  readonly geometry: ClipGeometry
  readonly maskRatio: number
  /** Size of the frames that the image teacher sees. */
  readonly teacherImageSize: number
  /** Targets of the shown clip from the frozen teachers. `video` and `imageVideo` [1, 3, T, S, S], `masked` [1, Nm]. */
  readonly targets: (inputs: {
    readonly video: HostTensor
    readonly imageVideo: HostTensor
    readonly masked: HostTensor
  }) => Promise<NamedHostTensors>
  /** Error of each masked token: `video`, `visible`, `masked` and the targets -> `image` and `video` [1, Nm]. */
  readonly program: InferenceProgram
}

/** Writes a picture of the difference between student and teacher features at each token of one clip; clip and mask never change. */
export function errorMapPicture(context: PictureContext, settings: ErrorMapSettings) {
  const { geometry, program, teacherImageSize } = settings
  const clip = { ...context.clip, ...geometry }
  const mask = shownMask(geometry, settings.maskRatio)
  const masks = maskTensors([mask])
  // Teachers and clip are frozen, so their features are computed once.
  let prepared: ReturnType<typeof prepare> | undefined
  const prepare = async () => {
    const { video, pixels } = await shownClip(context, clip, geometry.imageSize)
    const input = floatTensor(clipSpec(1, clip).shape, pixels)
    const imageVideo =
      teacherImageSize === geometry.imageSize
        ? input
        : floatTensor(
            clipSpec(1, clip, teacherImageSize).shape,
            (await shownClip(context, clip, teacherImageSize)).pixels,
          )
    return { video, pixels, input, targets: await settings.targets({ video: input, imageVideo, masked: masks.masked }) }
  }

  return async (parameters: NamedHostTensors, step: number): Promise<MediaItem> => {
    prepared ??= prepare()
    const { video, pixels, input, targets } = await prepared
    const session = await context.engine.inference(program, parameters)
    try {
      const errors = await session.run({ video: input, ...masks, ...targets })
      const strips = [{ role: 'input' as const, pixels: denormalize(pixels) }]
      return {
        step,
        kind: 'error-map',
        video: video.path,
        frames: geometry.frames,
        imageSize: geometry.imageSize,
        grid: [...gridOf(geometry)],
        mask: maskBits(mask, tokenCount(geometry)),
        strips: await writeStrips(context.folder, step, geometry.imageSize, strips),
        errorMaps: (['image', 'video'] as const).flatMap((teacher) => {
          const values = errors[teacher]
          return values === undefined
            ? []
            : [{ teacher, values: spread(requireFinite(values, video.path), mask.masked, tokenCount(geometry)) }]
        }),
      }
    } finally {
      await session.dispose()
    }
  }
}

function spread({ data }: HostTensor, masked: Int32Array, tokens: number): (number | null)[] {
  const values: (number | null)[] = Array.from({ length: tokens }, () => null)
  masked.forEach((token, index) => {
    values[token] = data[index] ?? null
  })
  return values
}

/** JSON has no NaN: it would turn into null, which means a visible token. @throws StudioError `diverged` */
function requireFinite(errors: HostTensor, path: string): HostTensor {
  if (errors.data.every((value) => Number.isFinite(value))) return errors
  throw new StudioError(
    'diverged',
    `The errors of the student on ${path} are NaN or infinite, so there is no error map.`,
    'Lower the learning rate, lengthen the warm-up, or clip the gradient.',
  )
}
