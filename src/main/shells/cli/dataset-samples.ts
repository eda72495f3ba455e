import { type Command, InvalidArgumentError } from 'commander'
import { StudioError } from '#contract/api/errors.ts'
import { maxPageRows, type SamplePage } from '#contract/domain/dataset-detail.ts'
import { classNameOf, type LabelSet, spanOf } from '#contract/domain/dataset.ts'
import { formatDuration, formatQuantity } from '#contract/format.ts'
import { type StudioClient, withStudio } from './client.ts'
import { commonOf } from './options.ts'
import { show, table } from './output.ts'

/** Samples that are listed without `--limit`. */
const defaultLimit = 50

interface SampleOptions {
  readonly filter?: string
  readonly sort?: string
  readonly descending?: boolean
  readonly limit: number
  readonly offset: number
}

/** The verb `dataset samples`. */
export function addDatasetSamplesVerb(dataset: Command): void {
  dataset
    .command('samples')
    .description('samples that match a filter; "query keys --of clips" lists its keys')
    .argument('<name>')
    .option('--filter <filter>', 'only these samples')
    .option('--sort <key>', 'by a key of the filter, smallest first')
    .option('--descending', 'largest first')
    .option('--limit <count>', 'samples to list', wholeNumber, defaultLimit)
    .option('--offset <count>', 'samples to skip', wholeNumber, 0)
    .action(async (name: string, options: SampleOptions, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      const found = await withStudio(workspace, async (client) => ({
        labelSets: (await client.datasets.get({ name })).labelSets,
        ...(await listSamples(client, name, options)),
      }))
      show(isJson, found, () => samplesText(found))
    })
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('Give a whole number.')
  return Number(text)
}

type FoundSamples = Pick<SamplePage, 'total' | 'samples'>

/** @throws StudioError `bad-request` with what is wrong with the filter, instead of other samples than were meant */
async function listSamples(
  client: StudioClient,
  name: string,
  { filter = '', sort, descending = false, limit, offset }: SampleOptions,
): Promise<FoundSamples> {
  const samples: SamplePage['samples'] = []
  for (;;) {
    const page = await client.datasets.samples({
      name,
      filter,
      offset: offset + samples.length,
      limit: Math.max(1, Math.min(maxPageRows, limit - samples.length)),
      ...(sort === undefined ? {} : { sort: { key: sort, isDescending: descending } }),
    })
    if (page.problems.length > 0)
      throw new StudioError(
        'bad-request',
        `The filter ${filter} is not understood. ${page.problems.join(' ')}`,
        '`query keys --of clips` lists the keys. Put texts with special characters in double quotes.',
      )
    samples.push(...page.samples.slice(0, limit - samples.length))
    if (page.samples.length === 0 || samples.length >= Math.min(limit, page.total - offset))
      return { total: page.total, samples }
  }
}

function samplesText({ total, samples, labelSets }: FoundSamples & { labelSets: readonly LabelSet[] }): string {
  const rows = samples.map((sample) => {
    const { video, span, split, labels } = sample
    const { firstFrame, frameCount } = spanOf(sample)
    return [
      span === undefined ? video.path : `${video.path} from frame ${firstFrame}`,
      split ?? '–',
      ...labelSets.map((labelSet) => classNameOf({ labels }, labelSet) ?? '–'),
      frameCount,
      formatDuration(video.durationMs),
      `${video.width} × ${video.height}`,
    ]
  })
  const header = ['File', 'Split', ...labelSets.map(({ name }) => name), 'Frames', 'Duration', 'Size']
  const count = `${samples.length} of ${formatQuantity(total, 'sample', 'samples')}.`
  return rows.length === 0 ? count : `${table(header, rows, [labelSets.length + 2, labelSets.length + 3])}\n${count}`
}
