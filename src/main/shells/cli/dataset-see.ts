import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { StudioError } from '#contract/api/errors.ts'
import type { SeenClip, SeenClipRequest } from '#contract/domain/seen-clip.ts'
import { formatQuantity } from '#contract/format.ts'
import { type Stage, stageNames, stageTitles } from '#contract/stages/index.ts'
import { withStudio } from './client.ts'
import { commonOf } from './options.ts'
import { show } from './output.ts'

interface SeeOptions {
  readonly run?: string
  readonly preset?: string
  readonly stage?: Stage
  readonly labels?: string
  readonly epoch: number
  readonly seed?: number
  readonly out?: string
}

/** The verb `dataset see`. */
export function addDatasetSeeVerb(dataset: Command): void {
  dataset
    .command('see')
    .description(
      'what a stage takes of a sample in an epoch: frames, crop, augmentation and mask, or the views of the test',
    )
    .argument('<name>')
    .argument('<sample>', 'its id, or the path of its video')
    .option('--run <id>', 'as this run takes it')
    .option('--preset <name>', 'as this preset takes it')
    .addOption(new Option('--stage <stage>', 'stage of the preset').choices([...stageNames]))
    .option('--labels <set>', 'label set of fine-tuning and the test')
    .option('--epoch <number>', 'counted from 1', wholeNumber, 1)
    .option('--seed <number>', 'instead of that of the preset', wholeNumber)
    .option('--out <dir>', 'write the frames into this folder, side by side, as WebP')
    .action(async (name: string, sample: string, options: SeeOptions, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      const request = requestOf(name, sample, options)
      const seen = await withStudio(workspace, (client) => client.datasets.seenClip(request))
      const files = options.out === undefined ? [] : writeStrips(options.out, seen)
      show(isJson, { ...seen, views: seen.views.map(withoutPictures), files }, () => textOf(seen, files))
    })
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('Give a whole number.')
  return Number(text)
}

function requestOf(dataset: string, sample: string, options: SeeOptions): SeenClipRequest {
  const { run, preset, stage, labels, epoch, seed } = options
  if (run !== undefined) {
    if (preset !== undefined || stage !== undefined || labels !== undefined || seed !== undefined)
      throw new StudioError(
        'bad-request',
        'A run has its own settings.',
        'Leave --preset, --stage, --labels and --seed out, or --run.',
      )
    return { dataset, sample, of: { kind: 'run', id: run }, epoch }
  }
  if (preset === undefined || stage === undefined)
    throw new StudioError(
      'bad-request',
      'It is not said whose settings are meant.',
      'Give --run, or --preset and --stage.',
    )
  const chosen = { ...(labels === undefined ? {} : { labels }), ...(seed === undefined ? {} : { seed }) }
  return { dataset, sample, of: { kind: 'preset', name: preset, stage, ...chosen }, epoch }
}

type View = SeenClip['views'][number]
const stripNames = ['original', 'seen', 'masked'] as const

const withoutPictures = ({ step, position, view, frames, crop, isFlipped, operations }: View) => ({
  step,
  position,
  view,
  frames,
  crop,
  isFlipped,
  operations,
})

/** Writes a file for each strip of each view. Returns their paths. */
function writeStrips(folder: string, { views }: SeenClip): string[] {
  mkdirSync(folder, { recursive: true })
  return views.flatMap((view) =>
    stripNames.flatMap((name) => {
      const strip = view[name]
      if (strip === null) return []
      const file = join(folder, `step-${view.step}-position-${view.position}-${name}.webp`)
      writeFileSync(file, Buffer.from(strip.webp, 'base64'))
      return [file]
    }),
  )
}

function textOf({ stage, seed, epoch, stepsPerEpoch, views, maskedShare }: SeenClip, files: readonly string[]): string {
  if (views.some(({ view }) => view !== null))
    return [`${stageTitles[stage]}, ${formatQuantity(stepsPerEpoch, 'step')}.`, ...views.map(viewText), ...files].join(
      '\n',
    )
  const title = `${stageTitles[stage]}, seed ${seed}, epoch ${epoch} of ${formatQuantity(stepsPerEpoch, 'step')} each.`
  const mask = maskedShare === null ? [] : [`${percent(maskedShare)} of the tokens are masked.`]
  if (views.length === 0)
    return `${title}\nThe epoch does not take this sample: it is among those that the last, incomplete step would have had.`
  return [title, ...mask, ...views.map(viewText), ...files].join('\n')
}

const percent = (share: number): string => `${Math.round(share * 100)} %`

function viewText({ step, position, view, frames, crop, isFlipped, operations }: View): string {
  return [
    view === null
      ? `Step ${step}, sample ${position} of the step: frames ${frames.join(', ')}`
      : `Clip ${view.clip} of ${view.clips}, crop ${view.crop} of ${view.crops}, in step ${step}: frames ${frames.join(', ')}`,
    `crop from ${percent(crop.x)}, ${percent(crop.y)}, ${percent(crop.width)} × ${percent(crop.height)} of the frame`,
    ...(isFlipped ? ['mirrored'] : []),
    ...(operations.length === 0 ? [] : [`RandAugment: ${operations.join(', ')}`]),
  ].join('; ')
}
