import { closeSync, openSync, writeSync } from 'node:fs'
import { type Command, Option } from 'commander'
import { StudioError } from '#contract/api/errors.ts'
import {
  type IntegritySummary,
  unusableVerdicts,
  type Verdict,
  verdictTitles,
  verdicts,
} from '#contract/domain/integrity.ts'
import { formatQuantity } from '#contract/format.ts'
import { type StudioClient, withStudio } from './client.ts'
import { commonOf, givenPath } from './options.ts'
import { show, table } from './output.ts'
import { openProgress, type ProgressDisplay } from './progress.ts'

/** Adds the verbs about what is wrong with the files of a dataset. */
export function addDatasetVerifyVerbs(dataset: Command): void {
  dataset
    .command('verify')
    .description(
      'decode every video of a dataset, in parallel, and compare the videos with each other; fails if some cannot be used. Ended early, it goes on where it was',
    )
    .argument('<name>')
    .option('--again', 'decode also what was decoded before and has not changed')
    .action(async (name: string, { again = false }: { again?: boolean }, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      const summary = await withStudio(workspace, (client) =>
        followVerification(client, name, again, openProgress(isJson)),
      )
      show(isJson, summary, () => summaryText(summary))
      requireUsable(summary)
    })

  dataset
    .command('report')
    .description('write a CSV file with split, classes and verdict of every sample and file of a dataset')
    .argument('<name>')
    .requiredOption('--csv <file>', 'file to write', givenPath)
    .action(async (name: string, { csv }: { csv: string }, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      const bytes = await withStudio(workspace, (client) => writeReport(client, name, csv))
      show(isJson, { name, file: csv, bytes }, () => `Written: ${csv}`)
    })

  dataset
    .command('exclude')
    .description('leave samples out of new runs; the dataset and its files stay as they are')
    .argument('<name>')
    .addOption(
      new Option('--verdict <verdicts...>', 'samples of all files with one of these verdicts')
        .choices(verdicts)
        .default([]),
    )
    .option('--across-splits', 'with --verdict: only files with a copy in another split; the one in the test is kept')
    .option('--sample <ids...>', 'single samples, by id', [])
    .option('--undo', 'return to the exclusions before the last change')
    .action(
      async (
        name: string,
        options: { verdict: Verdict[]; acrossSplits?: boolean; sample: string[]; undo?: boolean },
        command: Command,
      ) => {
        const { verdict, acrossSplits = false, sample, undo = false } = options
        const { workspace, isJson } = commonOf(command)
        if (undo === verdict.length + sample.length > 0)
          throw new StudioError(
            'bad-request',
            undo ? 'Give --undo alone.' : 'It is not said what to exclude.',
            'Give --verdict or --sample, or --undo alone.',
          )
        const summary = await withStudio(workspace, (client) =>
          undo
            ? client.datasets.undoExclusion({ name })
            : client.datasets.exclude({ name, verdicts: verdict, acrossSplits, samples: sample }),
        )
        show(isJson, summary, () => summaryText(summary))
      },
    )
}

const title = 'Verifying'

/** Starts a verification, or joins the one that runs, and shows its progress until it ends. */
async function followVerification(
  client: StudioClient,
  name: string,
  again: boolean,
  display: ProgressDisplay,
): Promise<IntegritySummary> {
  try {
    let last = await client.datasets.verify({ name, again })
    for await (const summary of await client.datasets.watchIntegrity({ name })) {
      last = summary
      if (summary.running === null) break
      const { done, total, path } = summary.running
      display.update([{ id: title, title, done, total, detail: path, isMoving: true }])
    }
    return last
  } finally {
    display.close()
  }
}

async function writeReport(client: StudioClient, name: string, file: string): Promise<number> {
  const pieces = await client.datasets.integrityReport({ name })
  const handle = openSync(file, 'w')
  let bytes = 0
  try {
    for await (const piece of pieces) bytes += writeSync(handle, piece)
  } finally {
    closeSync(handle)
  }
  return bytes
}

function summaryText({ name, videos, checked, counts, exclusions, problem }: IntegritySummary): string {
  return [
    `${checked} of ${formatQuantity(videos, 'video')} of ${name} were decoded.`,
    ...(problem === null ? [] : [problem]),
    ...(counts.length === 0
      ? ['Nothing is wrong with them.']
      : [
          table(
            ['Verdict', 'Files', 'Samples', 'Excluded', 'Meaning'],
            counts.map(({ verdict, files, samples, excluded }) => [
              verdict,
              files,
              samples,
              excluded,
              verdictTitles[verdict],
            ]),
            [1, 2, 3],
          ),
        ]),
    ...(exclusions.number === 0
      ? []
      : [
          `New runs leave out ${formatQuantity(exclusions.samples, 'sample')} (exclusions ${exclusions.number}; "dataset exclude ${name} --undo" takes the last change back).`,
        ]),
  ].join('\n')
}

/** @throws StudioError `dataset-changed` if samples cannot be used and are not excluded, or what ended the verification */
function requireUsable({ name, counts, problem }: IntegritySummary): void {
  if (problem !== null) throw new StudioError('video-unreadable', problem, `Then repeat "dataset verify ${name}".`)
  const unusable = counts.filter(({ verdict }) => unusableVerdicts.has(verdict))
  const samples = unusable.reduce((sum, count) => sum + count.samples - count.excluded, 0)
  if (samples === 0) return
  throw new StudioError(
    'dataset-changed',
    `${formatQuantity(samples, 'sample')} of ${name} cannot be used.`,
    `Restore the files, or leave them out of new runs: dataset exclude ${name} --verdict ${unusable.map(({ verdict }) => verdict).join(' ')}`,
  )
}
