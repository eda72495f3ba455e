import { readFileSync, readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  hasSeeds,
  seedGroups,
  seedNoteText,
  settingsText,
  type RunOfPipeline,
} from '#contract/comparison/seed-groups.ts'
import type { PipelineConfiguration } from '#contract/configuration/pipeline.ts'
import type { MetricValue } from '#contract/domain/metric.ts'
import { preset } from '#contract/domain/pipeline.ts'

const presetFile = readdirSync('resources/presets').toSorted()[0]!
const base = preset.parse(JSON.parse(readFileSync(`resources/presets/${presetFile}`, 'utf8'))).configuration

interface Given {
  seed: number
  value?: MetricValue
  maskRatio?: number
  stage?: RunOfPipeline['run']['stage']
  digest?: string
  change?: (configuration: PipelineConfiguration) => void
}
let number = 0
function run({ seed, value, maskRatio = 0.9, stage = 'distill', digest = 'd', change }: Given): RunOfPipeline {
  const configuration = structuredClone(base)
  configuration.general.seed = seed
  configuration.distill.maskRatio = maskRatio
  change?.(configuration)
  const id = `r${number++}`
  const summaries =
    value === undefined ? [] : [{ name: 'train/loss', last: value, lastStep: 9, min: value, max: value, count: 10 }]
  return {
    run: { id, pipelineId: id, stage, dataset: 'shapes', labels: null, summaries, result: null },
    pipeline: { id, configuration, datasetDigest: digest },
  } as unknown as RunOfPipeline
}
const groupsOf = (...given: Given[]) => seedGroups(given.map(run), 'train.loss')

describe('seedGroups', () => {
  it('pairs equal seeds of two settings', () => {
    const groups = groupsOf(
      { seed: 1, value: 2 },
      { seed: 2, value: 3 },
      { seed: 3, value: 4 },
      { seed: 3, value: 3.4, maskRatio: 0.75 },
      { seed: 1, value: 1.5, maskRatio: 0.75 },
      { seed: 2, value: 2.5, maskRatio: 0.75 },
    )
    expect(
      groups.map(({ isBaseline, settings, seeds }) => [
        isBaseline,
        settingsText(settings),
        seeds.map(({ seed }) => seed),
      ]),
    ).toEqual([
      [true, 'Mask ratio 0.9', [1, 2, 3]],
      [false, 'Mask ratio 0.75', [1, 2, 3]],
    ])
    expect(groups[0]).toMatchObject({ mean: 3, test: null, untested: null, notes: [] })
    expect(groups[1]!.pairs).toEqual([
      { seed: 1, first: 2, second: 1.5 },
      { seed: 2, first: 3, second: 2.5 },
      { seed: 3, first: 4, second: 3.4 },
    ])
    // scipy.stats.ttest_rel([1.5, 2.5, 3.4], [2, 3, 4]): t = -16, p = 0.0038833
    expect(groups[1]!.test).toMatchObject({
      pairs: 3,
      difference: expect.closeTo(-0.5333, 4),
      p: expect.closeTo(0.0038834, 5),
    })
    expect(hasSeeds(groups)).toBe(true)
  })

  it('names the seeds that are not paired', () => {
    const [, other] = groupsOf(
      { seed: 1, value: 2 },
      { seed: 2, value: 3 },
      { seed: 5, value: 9 },
      { seed: 1, value: 1, maskRatio: 0.75 },
      { seed: 2, value: 2.5, maskRatio: 0.75 },
      { seed: 7, value: 2, maskRatio: 0.75 },
    )
    expect(other!.test?.pairs).toBe(2)
    expect(other!.notes.map(seedNoteText)).toEqual([
      'Not paired: seed 7, only in this group.',
      'Not paired: seed 5, only in the group of the baseline.',
    ])
  })

  it.each([
    {
      name: 'one pair',
      other: [{ seed: 1, value: 1, maskRatio: 0.75 }],
      reason: 'No test: 1 pair of equal seeds, and a test needs two.',
    },
    {
      name: 'another stage',
      other: [{ seed: 1, value: 1, stage: 'finetune' as const }],
      reason: 'No test: another stage than the baseline.',
    },
    {
      name: 'other data',
      other: [{ seed: 1, value: 1, digest: 'e' }],
      reason: 'No test: another version of the dataset than the baseline.',
    },
  ])('tests nothing with $name', ({ other, reason }) => {
    const [, group] = groupsOf({ seed: 1, value: 2 }, { seed: 2, value: 3 }, ...other)
    expect([group!.test, group!.untested && seedNoteText(group!.untested)]).toEqual([null, reason])
  })

  it('leaves out values that are not finite, and counts a seed once', () => {
    const [group] = groupsOf(
      { seed: 1, value: 2 },
      { seed: 1, value: 4 },
      { seed: 2, value: 'NaN' },
      { seed: 3 },
      { seed: 4, value: 5 },
    )
    expect(group!.seeds).toEqual([
      { seed: 1, value: 3, runs: 2 },
      { seed: 4, value: 5, runs: 1 },
    ])
    expect(group!.mean).toBe(4)
    expect(group!.notes.map(seedNoteText)).toEqual([
      expect.stringMatching(/^2 runs without a finite value: r\d+ and r\d+\.$/),
      '2 runs of seed 1 count once, with their mean.',
    ])
  })

  it('ignores stages that the runs do not depend on', () => {
    const groups = groupsOf({ seed: 1, value: 2 }, { seed: 2, value: 2, change: (c) => (c.finetune.epochs = 77) })
    expect(groups).toHaveLength(1)
  })
})
