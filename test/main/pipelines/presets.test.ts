import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { samplesPerStep } from '#contract/configuration/counts.ts'
import { configurationSections, type ConfigurationSection } from '#contract/configuration/pipeline.ts'
import type { Preset } from '#contract/domain/pipeline.ts'
import { readPresets, requirePreset } from '#main/pipelines/presets.ts'
import { resources, temporaryFolder } from '../support.ts'

const presets = readPresets(join(resources, 'presets'))
const published = presets.filter(({ name }) => !['demo', 'desk', 'tiny'].includes(name))
const preset = (name: string): Preset => requirePreset(presets, name)

/** Every field of a configuration, as `part.key`. */
const paths = [
  'stages',
  ...Object.entries(configurationSections).flatMap(([part, schema]) =>
    Object.keys(schema.shape).map((key) => `${part}.${key}`),
  ),
]

test('smaller models come first, of one size the published ones in their order', () => {
  expect(presets.map(({ name }) => name)).toMatchInlineSnapshot(`
    [
      "demo",
      "desk",
      "tiny",
      "s-from-b-kinetics-400",
      "s-from-b-something-v2",
      "s-from-l-kinetics-400",
      "s-from-l-something-v2",
      "videomae-s-kinetics-400",
      "videomae-s-something-v2",
      "b-from-b-kinetics-400",
      "b-from-b-something-v2",
      "b-from-b-ucf101",
      "b-from-b-hmdb51",
      "b-from-l-kinetics-400",
      "b-from-l-something-v2",
      "b-from-l-ucf101",
      "b-from-l-hmdb51",
      "videomae-b-kinetics-400",
      "videomae-b-something-v2",
      "videomae-b-ucf101",
      "videomae-b-hmdb51",
      "l-from-l-400-kinetics-400",
      "l-from-l-400-something-v2",
      "l-from-l-800-kinetics-400",
      "l-from-l-800-something-v2",
      "videomae-l-kinetics-400",
      "videomae-l-something-v2",
      "h-from-h-800-kinetics-400",
      "h-from-h-800-something-v2",
      "videomae-h-kinetics-400",
    ]
  `)
  expect(new Set(presets.map(({ title }) => title)).size).toBe(presets.length)
})

test.each(published.map(({ name }) => name))('every value of %s has a source, and nothing else has', (name) => {
  const { sources, configuration } = preset(name)
  expect(Object.keys(sources).toSorted()).toEqual(paths.toSorted())
  for (const source of Object.values(sources))
    expect(source).toMatch(/^(MVD|MAE|VideoMAE|MVD Studio|Nothing is published)/)
  for (const part of Object.keys(configurationSections) as ConfigurationSection[])
    expect(Object.keys(configuration[part]).toSorted()).toEqual(
      Object.keys(configurationSections[part].shape).toSorted(),
    )
})

const round = (value: number) => Number(value.toPrecision(6))
/** Samples or videos of a step, and what the published rule makes of the rates. */
function actual({ configuration }: Preset, stage: 'image-teacher' | 'video-teacher' | 'distill' | 'finetune') {
  const settings = configuration[stage]
  const counted = samplesPerStep(settings) / (stage === 'finetune' ? settings.samplesPerVideo : 1)
  return {
    counted,
    peak: round((settings.learningRate * counted) / 256),
    final: round((settings.minLearningRate * counted) / 256),
    epochs: settings.epochs,
  }
}

// Stage 1 as published: images or clips a step, peak rate.
test.each([
  ['b-from-b', 'image-teacher', { counted: 4096, peak: 2.4e-3, final: 0, epochs: 800 }],
  ['b-from-l', 'image-teacher', { counted: 4096, peak: 2.4e-3, final: 0, epochs: 800 }],
  ['h-from-h-800', 'image-teacher', { counted: 4096, peak: 2.4e-3, final: 0, epochs: 800 }],
  ['videomae-s', 'video-teacher', { counted: 1024, peak: 6e-4, final: 4e-5, epochs: 1600 }],
  ['b-from-b', 'video-teacher', { counted: 2048, peak: 1.2e-3, final: 8e-5, epochs: 1600 }],
  ['s-from-l', 'video-teacher', { counted: 512, peak: 3e-4, final: 2e-5, epochs: 1600 }],
  ['h-from-h-800', 'video-teacher', { counted: 1024, peak: 6e-4, final: 4e-5, epochs: 1600 }],
] as const)('%s: %s takes %o', (chain, stage, expected) =>
  expect(actual(preset(`${chain}-kinetics-400`), stage)).toEqual(expected),
)

test('VideoMAE on UCF101 alone takes its own pre-training', () => {
  expect(actual(preset('videomae-b-ucf101'), 'video-teacher')).toEqual({
    counted: 192,
    peak: 2.25e-4,
    final: 7.5e-6,
    epochs: 3200,
  })
  expect(preset('videomae-b-ucf101').configuration['video-teacher'].maskRatio).toBe(0.75)
})

// Stage 2: the table of actual rates (peak, floor), drop path, decoder and teachers' widths.
test.each([
  ['s-from-b', { counted: 1024, peak: 6e-4, final: 4e-4, epochs: 400 }, 0.1, [384, 2, 6], [384, 768, 768]],
  ['s-from-l', { counted: 1024, peak: 6e-4, final: 4e-4, epochs: 400 }, 0.1, [384, 2, 6], [384, 1024, 1024]],
  ['b-from-b', { counted: 1024, peak: 6e-4, final: 4e-4, epochs: 400 }, 0.1, [768, 2, 12], [768, 768, 768]],
  ['b-from-l', { counted: 1024, peak: 6e-4, final: 4e-4, epochs: 400 }, 0.1, [768, 2, 12], [768, 1024, 1024]],
  ['l-from-l-400', { counted: 512, peak: 3e-4, final: 2e-4, epochs: 400 }, 0.1, [512, 4, 8], [1024, 1024, 1024]],
  ['l-from-l-800', { counted: 512, peak: 3e-4, final: 2e-5, epochs: 800 }, 0.1, [512, 4, 8], [1024, 1024, 1024]],
  ['h-from-h-800', { counted: 512, peak: 3e-4, final: 2e-5, epochs: 800 }, 0.2, [640, 8, 8], [1280, 1280, 1280]],
] as const)('%s distils with %o', (chain, rates, dropPath, decoder, widths) => {
  for (const dataset of ['kinetics-400', 'something-v2']) {
    const found = preset(`${chain}-${dataset}`)
    const { distill, ...parts } = found.configuration
    expect(actual(found, 'distill')).toEqual(rates)
    expect(distill.dropPath).toBe(dropPath)
    expect([distill.decoderWidth, distill.decoderDepth, distill.decoderHeads]).toEqual(decoder)
    expect([distill.width, parts['image-teacher'].width, parts['video-teacher'].width]).toEqual(widths)
    expect([parts['image-teacher'].imageSize, parts['image-teacher'].patchSize]).toEqual(
      chain.startsWith('h') ? [196, 14] : [224, 16],
    )
  }
})

// Stage 3: videos a step, actual rates, epochs, layer decay, head dropout, drop path.
test.each([
  ['s-from-b', 'kinetics-400', { counted: 384, peak: 7.5e-4, final: 1.5e-6, epochs: 150 }, [0.75, 0, 0.1]],
  ['b-from-l', 'kinetics-400', { counted: 384, peak: 7.5e-4, final: 1.5e-6, epochs: 75 }, [0.75, 0, 0.1]],
  ['l-from-l-400', 'kinetics-400', { counted: 512, peak: 2e-3, final: 2e-6, epochs: 50 }, [0.75, 0.5, 0.3]],
  ['h-from-h-800', 'kinetics-400', { counted: 256, peak: 1e-3, final: 1e-6, epochs: 50 }, [0.75, 0.5, 0.3]],
  ['s-from-l', 'something-v2', { counted: 384, peak: 1.5e-3, final: 1.5e-6, epochs: 40 }, [0.7, 0, 0.1]],
  ['b-from-b', 'something-v2', { counted: 384, peak: 7.5e-4, final: 1.5e-6, epochs: 30 }, [0.75, 0, 0.1]],
  ['l-from-l-800', 'something-v2', { counted: 256, peak: 5e-4, final: 1e-6, epochs: 30 }, [0.75, 0.5, 0.3]],
  ['h-from-h-800', 'something-v2', { counted: 128, peak: 2.5e-4, final: 5e-6, epochs: 30 }, [0.75, 0.5, 0.3]],
  ['b-from-b', 'ucf101', { counted: 128, peak: 2.5e-4, final: 5e-7, epochs: 100 }, [0.7, 0.5, 0.2]],
  ['b-from-l', 'hmdb51', { counted: 128, peak: 2.5e-4, final: 5e-7, epochs: 100 }, [0.7, 0.5, 0.2]],
  ['videomae-b', 'ucf101', { counted: 128, peak: 2.5e-4, final: 5e-7, epochs: 100 }, [0.7, 0.5, 0.2]],
  ['videomae-s', 'kinetics-400', { counted: 384, peak: 7.5e-4, final: 1.5e-6, epochs: 150 }, [0.75, 0, 0.1]],
] as const)('%s is fine-tuned on %s with %o', (chain, dataset, rates, [layerDecay, headDropout, dropPath]) => {
  const found = preset(`${chain}-${dataset}`)
  const { finetune, evaluate, stages } = found.configuration
  expect(actual(found, 'finetune')).toEqual(rates)
  expect(finetune).toMatchObject({
    layerDecay,
    headDropout,
    dropPath,
    samplesPerVideo: 2,
    randAugment: 4,
    randomErasing: 0.25,
    mixup: 0.8,
    cutmix: 1,
    labelSmoothing: 0.1,
    publishedCutmix: false,
  })
  const isSegmented = dataset === 'something-v2'
  expect([finetune.flip, finetune.sampling, evaluate.sampling]).toEqual(
    isSegmented ? [false, 'segments', 'segments'] : [true, 'dense', 'dense'],
  )
  expect([evaluate.temporalViews, evaluate.spatialViews, evaluate.viewAverage]).toEqual([
    isSegmented ? 2 : 5,
    3,
    'softmax',
  ])
  expect([stages.includes('distill'), finetune.initialization]).toEqual(
    chain.startsWith('videomae') ? [false, 'video-teacher'] : [true, 'student'],
  )
})

test('repeated samples of a video lie in different batches, so that mixup blends videos', () => {
  for (const { configuration } of published)
    expect(configuration.finetune.accumulationSteps % configuration.finetune.samplesPerVideo).toBe(0)
})

test('a broken part is named', () => {
  const folder = join(temporaryFolder(), 'presets')
  cpSync(join(resources, 'presets'), folder, { recursive: true })
  const file = join(folder, 'published', 'parts.json')
  const parts = JSON.parse(readFileSync(file, 'utf8'))
  const after = (change: () => void) => {
    change()
    writeFileSync(file, JSON.stringify(parts))
    try {
      readPresets(folder)
    } catch (cause) {
      return String(cause).replace(folder, '<folder>')
    }
    return 'nothing was refused'
  }
  expect(after(() => (parts['distill'].values['distill.loss'] = 'l3'))).toMatchInlineSnapshot(
    `"StudioError: The preset s-from-b-kinetics-400 of <folder>/published/presets.json is damaged: configuration.distill.loss: Invalid option: expected one of "smooth-l1"|"l1"|"l2"|"cosine"."`,
  )
  expect(after(() => delete parts['mae-b'])).toMatchInlineSnapshot(
    `"StudioError: The preset s-from-b-kinetics-400 uses mae-b, which published/parts.json does not have."`,
  )
})
