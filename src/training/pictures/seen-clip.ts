import { StudioError } from '#contract/api/errors.ts'
import type { ClipConfiguration } from '#contract/configuration/clip.ts'
import { type Sample, samplesOf, type Split } from '#contract/domain/dataset.ts'
import type { SeenClip, SeenView } from '#contract/domain/seen-clip.ts'
import type { ClipPixels, ClipPlan } from '../data/clip.ts'
import type { Mask } from '../data/masks.ts'
import { denormalize } from '../data/normalize.ts'
import type { DataSource } from '../data/source.ts'
import type { Decoder } from '../video/decode/decoder.ts'
import { stripOf } from './strips.ts'

/** A clip that a stage takes, with its step and position, counted from 0. */
export interface TakenClip {
  readonly step: number
  readonly position: number
  readonly plan: ClipPlan
  readonly view: SeenView['view']
}

/** Clips of a stage, their geometry, and their masks by step and position. */
export interface StageClips {
  /** The samples that it takes, of a split. */
  readonly samples: readonly Sample[]
  readonly split: Split
  readonly stepsPerEpoch: number
  /** Every time that it takes a sample in an epoch, counted from 0. */
  readonly takes: (sample: string, epoch: number) => readonly TakenClip[]
  readonly geometry: Pick<ClipConfiguration, 'imageSize' | 'patchSize' | 'tubeletSize'>
  readonly mask?: (step: number, position: number) => Mask
}

/**
 * What a stage takes of a sample in an epoch, counted from 1: the clips that training draws, with the same random numbers, or the fixed views
 * of a test. Mixup and CutMix, which blend clips of a batch, come after it.
 * @throws StudioError `bad-request` if the stage never takes the sample
 */
export async function seenClip(
  source: DataSource,
  decoder: Decoder,
  { samples, split, stepsPerEpoch, takes, geometry, mask }: StageClips,
  { sample: wanted, epoch }: { readonly sample: string; readonly epoch: number },
): Promise<Omit<SeenClip, 'stage'>> {
  const sample = sampleCalled(samples, wanted)?.id
  if (sample === undefined) throw notTaken(source, wanted, split)
  const taken = takes(sample, epoch - 1)
  const masks = mask === undefined ? [] : taken.map(({ step, position }) => mask(step, position))
  const views: SeenView[] = []
  for (const [index, { step, position, plan, view }] of taken.entries()) {
    const pixels = await source.reader.read(plan)
    const seen = bytesOf(pixels[0])
    const own = masks[index]
    views.push({
      step: step + 1,
      position: position + 1,
      view,
      frames: [...plan.frameIndices],
      crop: shareOf(plan),
      isFlipped: plan.flip,
      operations: (plan.operations ?? []).map(({ kind }) => kind),
      original: await originalStrip(decoder, plan),
      seen: await stripOf(seen, plan.frameIndices.length, geometry.imageSize, geometry.imageSize),
      masked:
        own === undefined
          ? null
          : await stripOf(
              hideMasked(seen, own, geometry),
              plan.frameIndices.length,
              geometry.imageSize,
              geometry.imageSize,
            ),
    })
  }
  const grid = (geometry.imageSize / geometry.patchSize) ** 2
  const first = masks[0]
  const tokens = (grid * (views[0]?.frames.length ?? 0)) / geometry.tubeletSize
  return {
    seed: source.seed,
    epoch,
    stepsPerEpoch,
    views,
    maskedShare: first === undefined ? null : 1 - first.visible.length / tokens,
  }
}

/** The sample with an id, or the only one of the video with a path. */
function sampleCalled(samples: readonly Sample[], name: string): Sample | undefined {
  const ofVideo = samples.filter(({ video }) => video.path === name)
  return samples.find(({ id }) => id === name) ?? (ofVideo.length === 1 ? ofVideo[0] : undefined)
}

function notTaken({ manifest }: DataSource, id: string, split: Split): StudioError {
  const sample = sampleCalled(samplesOf(manifest), id)
  if (sample === undefined)
    return new StudioError(
      'not-found',
      `The dataset ${manifest.name} has no sample ${id}.`,
      `"dataset samples ${manifest.name}" lists them.`,
    )
  const reason =
    sample.split === split ? 'It has no class in the label set.' : `Its split is ${sample.split ?? 'none'}.`
  return new StudioError(
    'bad-request',
    `The stage does not take the sample ${id}. ${reason}`,
    `Choose a sample of the ${split === 'train' ? 'training' : split} split.`,
  )
}

const shareOf = ({ crop, decodedSize: { width, height } }: ClipPlan) => ({
  x: crop.x / width,
  y: crop.y / height,
  width: crop.width / width,
  height: crop.height / height,
})

/** Normalised [3, frames, S, S] or bytes -> RGB bytes [frames, S, S, 3]. */
const bytesOf = (pixels: ClipPixels | undefined): Uint8Array =>
  pixels instanceof Float32Array ? denormalize(pixels) : (pixels ?? new Uint8Array())

/** The whole frames of a clip at the size at which they are decoded. */
async function originalStrip(decoder: Decoder, { file, decodedSize, frameIndices }: ClipPlan) {
  const { width, height } = decodedSize
  const frames = new Map<number, Uint8Array>()
  const wanted = [...new Set(frameIndices)].toSorted((a, b) => a - b)
  await decoder.decode(file, decodedSize, wanted, (pixels, index) => void frames.set(index, new Uint8Array(pixels)))
  const stack = Buffer.concat(frameIndices.map((index) => frames.get(index) ?? new Uint8Array(width * height * 3)))
  return stripOf(stack, frameIndices.length, width, height)
}

/** The frames [frames, S, S, 3] with masked tokens at a fifth of their brightness; tokens that are neither visible nor predicted are black. */
export function hideMasked(
  pixels: Uint8Array,
  { visible, masked }: Mask,
  { imageSize, patchSize, tubeletSize }: StageClips['geometry'],
): Uint8Array {
  const columns = imageSize / patchSize
  const factors = new Float32Array((pixels.length / (imageSize * imageSize * 3) / tubeletSize) * columns * columns)
  for (const token of visible) factors[token] = 1
  for (const token of masked) factors[token] = 0.2
  return pixels.map((value, index) => {
    const pixel = Math.floor(index / 3)
    const [x, y] = [pixel % imageSize, Math.floor(pixel / imageSize) % imageSize]
    const time = Math.floor(pixel / (imageSize * imageSize) / tubeletSize)
    const token = (time * columns + Math.floor(y / patchSize)) * columns + Math.floor(x / patchSize)
    return value * (factors[token] ?? 0)
  })
}
