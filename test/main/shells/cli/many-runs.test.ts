import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { showError } from '#main/shells/cli/output.ts'
import { createProgram } from '#main/shells/cli/program.ts'
import {
  folderOf,
  importFolder,
  openTestStudio,
  requestFor,
  temporaryFolder,
  untilRun,
  videosOf,
} from '../../support.ts'

interface Said {
  stdout: string
  stderr: string
}

/** Runs a verb as the command line does, in this process. */
async function call(...words: string[]): Promise<Said> {
  const said: Said = { stdout: '', stderr: '' }
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      said[stream] += String(text)
      return true
    }),
  )
  onTestFinished(() => spies.forEach((spy) => spy.mockRestore()))
  try {
    await createProgram('0.0.0', []).parseAsync(words, { from: 'user' })
  } catch (cause) {
    showError(words.includes('--json'), cause)
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
  return said
}

/** A workspace with a finished sweep of two mask ratios and two seeds, over models that count steps. */
async function sweptWorkspace(): Promise<string> {
  const workspace = temporaryFolder()
  const studio = await openTestStudio(workspace, { steps: 2, stepMs: 1 })
  await importFolder(studio, folderOf(videosOf(['a', 'b'], 10)))
  const { dataset, preset, configuration } = requestFor('shapes', (configuration) => {
    configuration.stages = ['video-teacher']
  })
  const members = await studio.client.pipelines.sweep({
    name: 'masks',
    base: { dataset, preset, configuration },
    axes: [{ field: 'video-teacher.maskRatio', values: [0.5, 0.75] }],
    random: null,
    seeds: 2,
    sharesStages: true,
  })
  for (const { runIds } of members) await untilRun(studio, runIds[0]!, ({ status }) => status === 'finished')
  await studio.close()
  return workspace
}

const half = ['masks-mask-ratio-0p5-seed-0.video-teacher', 'masks-mask-ratio-0p5-seed-1.video-teacher'] as const
const most = ['masks-mask-ratio-0p75-seed-0.video-teacher', 'masks-mask-ratio-0p75-seed-1.video-teacher'] as const

/** What a verb is given, what it must say, and whether it is refused. */
interface Row {
  words: readonly string[]
  says: readonly (string | RegExp)[]
  never?: readonly string[]
  isRefused?: boolean
}

const rows: readonly Row[] = [
  { words: ['run', 'list', '--filter', 'video-teacher.maskRatio < 0.6'], says: half, never: most },
  {
    words: ['run', 'list', '--filter', 'group = masks and general.seed = 1'],
    says: [half[1], most[1]],
    never: [half[0]],
  },
  { words: ['run', 'list', '--filter', 'variant:0.75'], says: most, never: half },
  { words: ['run', 'list', '--filter', 'is:stoppedEarly'], says: ['No run matches the filter.'] },
  {
    words: ['run', 'list', '--filter', 'maskRato = 0.5'],
    says: ['The filter maskRato = 0.5 is not understood.', 'maskRatio', 'query keys'],
    isRefused: true,
  },
  {
    words: ['query', 'keys'],
    says: ['video-teacher.maskRatio', 'train.loss', 'group', 'variant', 'fromRun', 'stoppedEarly'],
    never: ['train.loss.best'],
  },
  { words: ['query', 'keys', '--all'], says: ['train.loss.best'] },
  { words: ['query', 'keys', '--of', 'checkpoints'], says: ['layout', 'size'] },
  { words: ['query', 'keys', '--of', 'clips'], says: ['split', 'codec'] },
  {
    words: [
      'pipeline',
      'sweep',
      'more',
      '--dataset',
      'shapes',
      '--preset',
      'tiny',
      '--stages',
      'video-teacher',
      '--set',
      'video-teacher.batchSize=2',
      '--vary',
      'video-teacher.maskRatio=0.5,0.75',
      '--seeds',
      '3',
      '--dry-run',
    ],
    says: ['more-mask-ratio-0p75-seed-2', '6 pipelines, 6 runs.'],
  },
  {
    words: [
      'pipeline',
      'sweep',
      'more',
      '--dataset',
      'shapes',
      '--preset',
      'tiny',
      '--stages',
      'video-teacher',
      '--vary',
      'finetune.epochs=1,2',
      '--dry-run',
    ],
    says: ['The stage Fine-tuning is switched off'],
    isRefused: true,
  },
  {
    words: ['pipeline', 'rerun', half[0], '--set', 'video-teacher.maskRatio=2', '--dry-run'],
    says: ['The mask ratio must be below 1'],
    isRefused: true,
  },
  { words: ['pipeline', 'rerun', 'nothing', '--dry-run'], says: ['nothing'], isRefused: true },
  {
    words: ['compare', ...half, ...most],
    says: [`${half[0]} (baseline)`, 'Training loss', /Mask ratio.*0\.5.*0\.5.*0\.75.*0\.75/, /seed/i],
  },
  { words: ['compare', ...half, '--baseline', most[0]], says: [`${most[0]} (baseline)`] },
  {
    words: ['compare', ...half, '--metric', 'train/los'],
    says: ['None of these runs has a metric train/los.', 'train/loss'],
    isRefused: true,
  },
  {
    words: ['run', 'label', ...half, '--tag', 'ablation', '--note', 'low masks', '--star'],
    says: [`Changed ${half[0]} and ${half[1]}.`],
  },
  { words: ['run', 'list', '--filter', 'tag:ablation and is:star and note:"low masks"'], says: half, never: most },
  { words: ['run', 'label', half[0], '--untag', 'ablation', '--no-star'], says: [`Changed ${half[0]}.`] },
  { words: ['run', 'list', '--filter', 'tag:ablation'], says: [half[1]], never: [half[0]] },
  { words: ['run', 'label', half[0], '--colour', 'no-colour'], says: ['colour'], isRefused: true },
  { words: ['trash', 'list'], says: ['The trash is empty.'] },
  {
    words: ['run', 'trash', most[1], '--dry-run'],
    says: ['Would move masks-mask-ratio-0p75-seed-1: 1 run. Purging them frees '],
  },
  { words: ['run', 'trash', most[1]], says: ['In the trash as masks-mask-ratio-0p75-seed-1~1: purging it frees '] },
  { words: ['run', 'list'], says: [most[0]], never: [most[1]] },
  // The only run of a pipeline takes the pipeline along.
  { words: ['trash', 'list'], says: ['masks-mask-ratio-0p75-seed-1~1'] },
  { words: ['run', 'restore', 'masks-mask-ratio-0p75-seed-1~1'], says: ['Restored masks-mask-ratio-0p75-seed-1.'] },
  { words: ['run', 'trash', 'masks-mask-ratio-0p75-seed-1'], says: ['In the trash as masks-mask-ratio-0p75-seed-1~1'] },
  { words: ['trash', 'purge', 'masks-mask-ratio-0p75-seed-1~1'], says: ['Deleted 1 entry. This freed '] },
  {
    words: ['trash', 'purge', 'masks-mask-ratio-0p75-seed-1~1'],
    says: ['masks-mask-ratio-0p75-seed-1~1'],
    isRefused: true,
  },
  { words: ['view', 'list'], says: ['No view is saved.'] },
]

test('what one does with many runs, on the command line', { timeout: 180_000 }, async () => {
  const workspace = await sweptWorkspace()
  for (const { words, says, never = [], isRefused = false } of rows) {
    const { stdout, stderr } = await call(...words, '--workspace', workspace)
    const said = isRefused ? stderr : stdout
    expect({
      words,
      missing: says.filter((text) => (typeof text === 'string' ? !said.includes(text) : !text.test(said))),
      unwanted: never.filter((text) => stdout.includes(text)),
      isRefused: stdout === '',
      said,
    }).toEqual({ words, missing: [], unwanted: [], isRefused, said })
  }

  const report = join(workspace, 'report.html')
  const written = await call('report', ...half, '--out', report, '--title', 'Low masks', '--workspace', workspace)
  expect(written.stdout).toContain(`${report}: 2 runs`)
  expect(readFileSync(report, 'utf8')).toContain('Low masks')
  const refused = await call('report', half[0], '--out', report, '--workspace', workspace, '--json')
  expect(JSON.parse(refused.stderr)).toMatchObject({ error: { code: 'already-exists' } })
  expect(existsSync(join(workspace, 'runs', most[1]))).toBe(false)

  // As JSON, for scripts.
  const json = async (...words: string[]): Promise<unknown> =>
    JSON.parse((await call(...words, '--json', '--workspace', workspace)).stdout)
  expect(await json('run', 'list', '--filter', 'variant:0.5')).toMatchObject(half.map((id) => ({ id })))
  expect(await json('compare', ...half)).toMatchObject({ runs: half, seeds: { metric: 'train/loss' } })
})
