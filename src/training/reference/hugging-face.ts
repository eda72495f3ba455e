import { join } from 'node:path'
import { maskedPatches } from '#contract/configuration/counts.ts'
import { readUnicode } from '#node/text-file.ts'
import { readSafetensors, SafetensorsReader } from '../checkpoint/formats/safetensors/reader.ts'
import { type HuggingFaceConfig, parseHuggingFaceConfig } from '../checkpoint/names/huggingface-config.ts'
import { readMatched, recognise, type Recognition } from '../checkpoint/names/recognise.ts'
import type { Engine } from '../engine/program/engine.ts'
import { classify } from '../model/classifier.ts'
import { encodePatches, reconstructImage, reconstructWholeImage } from '../model/image-autoencoder.ts'
import { classifierConfig } from '../model/layouts/classifier.ts'
import { hasDecoder, knownModel } from '../model/layouts/definition.ts'
import { maeConfig } from '../model/layouts/mae.ts'
import { videoMaeConfig } from '../model/layouts/videomae.ts'
import { cubes, gatherTokens, imageGeometry, tokenCount } from '../model/patches.ts'
import { videoTeacherFeatures } from '../model/teachers.ts'
import { reconstructVideo } from '../model/video-autoencoder.ts'
import { imagePixelTargets, pixelLoss, videoPixelTargets } from '../objective/pixel-targets.ts'
import type { NamedHostTensors } from '../tensor/host-tensor.ts'
import { infer } from './infer.ts'
import type { Ledger } from './ledger.ts'
import { checkInputs, inputOf } from './model-case.ts'
import { refuse } from './refuse.ts'
import { inRasterOrder, maskIndices, maskOfNoise } from './tokens.ts'

/** A model saved by the transformers library, with its recorded outputs. */
export interface HuggingFaceCase {
  readonly config: HuggingFaceConfig
  readonly recognition: Recognition
  /** Under the published names. */
  readonly weights: NamedHostTensors
  readonly inputs: NamedHostTensors
  readonly expected: NamedHostTensors
}

const origin = 'model.safetensors'

export async function readHuggingFaceCase(folder: string, signal?: AbortSignal): Promise<HuggingFaceCase> {
  const config = parseHuggingFaceConfig(readUnicode(join(folder, 'config.json')), 'config.json')
  await using file = await SafetensorsReader.open(join(folder, origin))
  const recognition = recognise(file.entries, origin, { config })
  const { missing, reshaped } = recognition.report
  const { unplaced } = recognition
  if (unplaced.length > 0)
    refuse(`${origin} holds tensors that its model does not have: ${unplaced.map(({ name }) => name).join(', ')}`)
  if (missing.length > 0)
    refuse(
      `${origin} lacks ${missing.slice(0, 3).join(', ')}${missing.length > 3 ? ` and ${missing.length - 3} more tensors` : ''}`,
    )
  if (reshaped.length > 0)
    refuse(
      `${origin} holds ${reshaped.map(({ name, from, to }) => `${name} as [${from.join(', ')}] instead of [${to.join(', ')}]`).join(', ')}`,
    )
  return {
    config,
    recognition,
    weights: await readMatched(recognition.report, (name) => file.read(name)),
    inputs: await readSafetensors(join(folder, 'inputs.safetensors'), signal),
    expected: await readSafetensors(join(folder, 'expected.safetensors'), signal),
  }
}

export async function compareHuggingFace(engine: Engine, found: HuggingFaceCase, ledger: Ledger): Promise<void> {
  switch (found.recognition.layout) {
    case 'mae':
      return compareImages(engine, found, ledger)
    case 'videomae':
      return compareClips(engine, found, ledger)
    case 'classifier':
      return compareLogits(engine, found, ledger)
    case 'clip-encoder':
    case 'mvd-student':
      refuse(`${origin} is not a model of the transformers library`)
  }
}

async function compareImages(
  engine: Engine,
  { config, recognition, weights, inputs: given }: HuggingFaceCase,
  ledger: Ledger,
): Promise<void> {
  if (config.model_type !== 'vit_mae') refuse('config.json does not describe a ViTMAE model')
  const { image_size: imageSize, norm_pix_loss: isNormalized } = config
  const { sizes } = recognition
  const geometry = imageGeometry(imageSize, sizes.patchSize)
  const model = maeConfig(knownModel({ family: 'mae', sizes }, origin), geometry)
  if (!hasDecoder(model)) refuse(`${origin} has no decoder`)
  const tokens = tokenCount(geometry)
  checkInputs(given, { image: [given['image']?.shape[0] ?? 0, 3, imageSize, imageSize], noise: null })
  const mask = maskOfNoise(inputOf(given, 'noise'), tokens - maskedPatches(config.mask_ratio, tokens))
  const indices = maskIndices(mask)
  const { loss, prediction, last_block } = await infer(
    engine,
    'vit-mae',
    weights,
    { image: inputOf(given, 'image'), ...indices },
    (parameters, input) => {
      const patches = cubes(input('image'), geometry)
      const target = imagePixelTargets(gatherTokens(patches, input('masked')), isNormalized)
      return {
        loss: pixelLoss(reconstructImage(model, parameters, input('image'), input('visible'), input('masked')), target),
        prediction: reconstructWholeImage(model, parameters, input('image'), input('visible'), input('masked')),
        last_block: encodePatches(model, parameters, patches),
      }
    },
  )
  ledger.compare('losses', { loss })
  ledger.compare('outputs', { mask, prediction: inRasterOrder(prediction, indices), last_block })
}

async function compareClips(
  engine: Engine,
  { config, recognition, weights, inputs: given }: HuggingFaceCase,
  ledger: Ledger,
): Promise<void> {
  if (config.model_type !== 'videomae') refuse('config.json does not describe a VideoMAE model')
  const { image_size: imageSize, num_frames: frames, norm_pix_loss: isNormalized } = config
  const { sizes } = recognition
  const { tubeletSize, patchSize } = sizes
  const model = videoMaeConfig(knownModel({ family: 'videomae', sizes }, origin), {
    frames,
    tubeletSize,
    imageSize,
    patchSize,
  })
  if (!hasDecoder(model)) refuse(`${origin} has no decoder`)
  checkInputs(given, { video: [given['video']?.shape[0] ?? 0, 3, frames, imageSize, imageSize], mask: null })
  const { loss, ...outputs } = await infer(
    engine,
    'videomae',
    weights,
    { video: inputOf(given, 'video'), ...maskIndices(inputOf(given, 'mask')) },
    (parameters, input) => {
      const prediction = reconstructVideo(model, parameters, input('video'), input('visible'), input('masked'))
      const target = videoPixelTargets(gatherTokens(cubes(input('video'), model), input('masked')), isNormalized)
      return {
        loss: pixelLoss(prediction, target),
        prediction,
        last_block: videoTeacherFeatures(model, parameters, input('video')),
      }
    },
  )
  ledger.compare('losses', { loss })
  ledger.compare('outputs', outputs)
}

async function compareLogits(
  engine: Engine,
  { config, recognition, weights, inputs: given }: HuggingFaceCase,
  ledger: Ledger,
): Promise<void> {
  if (config.model_type !== 'videomae') refuse('config.json does not describe a VideoMAE model')
  const { image_size: imageSize, num_frames: frames } = config
  const model = classifierConfig({ family: 'videomae', sizes: recognition.sizes }, { imageSize, frames }, origin)
  const video = inputOf(given, 'video')
  checkInputs(given, { video: [video.shape[0] ?? 0, 3, frames, imageSize, imageSize] })
  ledger.compare(
    'outputs',
    await infer(engine, 'videomae-classifier', weights, { video }, (parameters, input) => ({
      logits: classify(model, parameters, input('video')),
    })),
  )
}
