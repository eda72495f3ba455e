import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { decodeMetric } from '#contract/domain/metric.ts'
import type { Run } from '#contract/domain/run.ts'
import { formatNumber } from '#contract/format.ts'
import { intervalOf, meanOf, pairedTest } from '#contract/statistics.ts'
import { launchWords } from '#main/reports/commands.ts'
import { reportHtml } from '#main/reports/html.ts'
import { reportMarkdown } from '#main/reports/markdown.ts'
import { applySettings } from '#main/shells/cli/settings.ts'
import {
  folderOf,
  importFolder,
  openTestStudio,
  refusal,
  requestFor,
  temporaryFolder,
  type TestStudio,
  untilStatus,
  videosOf,
} from '../support.ts'

const hostile = '<script>alert("x")</script> | *bold* [link](http://example.com) & more'

/** Two mask ratios with two seeds each, trained by the stand-in, and a note that tries to be markup. */
async function fourRuns(): Promise<{ studio: TestStudio; ids: string[]; runs: Run[] }> {
  const studio = await openTestStudio(temporaryFolder())
  await importFolder(studio, folderOf(videosOf(['a', 'b'], 5)))
  const ids: string[] = []
  for (const maskRatio of [0.75, 0.9])
    for (const seed of [0, 1]) {
      const name = `mask-${maskRatio * 100}-seed-${seed}`
      await studio.client.pipelines.launch({
        ...requestFor('shapes', (configuration) => {
          configuration.stages = ['image-teacher']
          configuration.general.seed = seed
          configuration['image-teacher'].maskRatio = maskRatio
        }),
        name,
      })
      ids.push(`${name}.image-teacher`)
    }
  for (const id of ids) await untilStatus(studio, id, 'finished')
  await studio.client.organization.change({
    items: [{ kind: 'run', id: ids[0]!, set: { name: hostile, note: hostile } }],
  })
  const runs = await studio.client.runs.list({})
  return { studio, ids, runs: ids.map((id) => runs.find((run) => run.id === id)!) }
}

const finalLoss = (run: Run) => decodeMetric(run.summaries.find(({ name }) => name === 'train/loss')!.last)
const signed = (value: number) => (value === 0 ? '±0' : `${value > 0 ? '+' : '−'}${formatNumber(Math.abs(value), 3)}`)

test('a report has the numbers of the database, with means, intervals and the paired test over seeds', async () => {
  const { studio, ids, runs } = await fourRuns()
  const folder = temporaryFolder()
  const to = join(folder, 'report.html')
  const made = await studio.client.reports.make({ ids, format: 'html', to })
  const html = readFileSync(to, 'utf8')
  expect(made).toEqual({ format: 'html', path: to, runs: 4, figures: [], sizeBytes: Buffer.byteLength(html) })

  const losses = runs.map(finalLoss)
  const [first, second] = [losses.slice(0, 2), losses.slice(2)]
  for (const seeds of [first, second])
    expect(html).toContain(`${formatNumber(meanOf(seeds))} ± ${formatNumber(intervalOf(seeds), 3)}, n = 2`)
  const tested = pairedTest(first, second)!
  expect(html).toContain(
    `<td class="number">${signed(tested.difference)}</td><td class="number">± ${formatNumber(tested.interval, 3)}</td>`,
  )
  expect(html).toMatch(/Mask ratio<\/th><td class="number">0\.75<.*0\.9</)
  expect(html).toContain('--set image-teacher.maskRatio=0.9')
  for (const id of ids) expect(html).toContain(id)
  const [environment] = await studio.client.runs.environments({ ids })
  expect(environment?.code?.studioVersion).toBeDefined()
  expect(html).toContain(`Code at launch, studio: ${environment?.code?.studioVersion}`)

  expect(html).not.toContain('<script')
  expect(html).toContain('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;')
  expect(html).not.toMatch(/(?:src|href)=/)
}, 120_000)

test('Markdown has its figures beside it, and names are not read as markup', async () => {
  const { studio, ids } = await fourRuns()
  const to = join(temporaryFolder(), 'masks.md')
  const { figures } = await studio.client.reports.make({ ids, format: 'markdown', to })
  const text = readFileSync(to, 'utf8')
  expect(figures.length).toBeGreaterThan(0)
  for (const path of figures) expect(readFileSync(path, 'utf8')).toMatch(/^<svg xmlns=/)
  expect(text).toMatch(/!\[Training loss\]\(masks-figures\/train-loss-image-teacher\.svg\)/)
  expect(text).not.toContain('<script>')
  expect(text).toContain(String.raw`\[link\](http://example.com)`)
  expect(text).toContain(String.raw`\| \*bold\*`)
}, 120_000)

test('a report is refused with a sentence, and replaces nothing unasked', async () => {
  const studio = await openTestStudio(temporaryFolder(), {}, false)
  await importFolder(studio, folderOf(videosOf(['a', 'b'], 5)))
  await studio.client.pipelines.launch({
    ...requestFor('shapes', (configuration) => (configuration.stages = ['image-teacher'])),
    name: 'p',
  })
  const folder = temporaryFolder()
  const to = join(folder, 'report.html')
  const make = (change: object) =>
    refusal(studio.client.reports.make({ ids: ['p.image-teacher'], format: 'html', to, ...change }))
  expect(await make({ ids: ['gone'] })).toMatch(/^not-found: There is no run gone\./)
  expect(await make({ baseline: 'other' })).toMatch(/^bad-request: The baseline other is not one of the runs/)
  expect(await make({ to: 'report.html' })).toMatch(
    /^bad-request: The path "report.html" of the report is not absolute\./,
  )
  expect(await make({ to: join(folder, 'none', 'report.html') })).toMatch(
    /^bad-request: The folder .* does not exist\./,
  )
  expect(await make({ to: folder })).toMatch(/^already-exists: .* is a folder\./)
  writeFileSync(to, 'mine')
  expect(await make({})).toMatch(/^already-exists: The file .* exists\./)
  expect(readFileSync(to, 'utf8')).toBe('mine')
  await studio.client.reports.make({ ids: ['p.image-teacher'], format: 'html', to, force: true })
  expect(readFileSync(to, 'utf8')).toContain('Not finished when this report was made: R1 (queued)')
  expect(existsSync(join(folder, 'report-figures'))).toBe(false)
})

test('the command launches the same configuration', async () => {
  const studio = await openTestStudio(temporaryFolder(), {}, false)
  const preset = (await studio.client.pipelines.presets({})).find(({ name }) => name === 'tiny')!
  const request = requestFor('shapes', (configuration) => {
    configuration.stages = ['finetune']
    configuration.general.seed = 7
    configuration.finetune.initialization = 'scratch'
    configuration.finetune.learningRate = 1e-4
    configuration.finetune.minLearningRate = 1e-7
  })
  const words = launchWords(
    {
      ...request,
      id: 'p',
      labels: 'motion',
      createdAt: '',
      datasetDigest: '',
      runIds: [],
    } as unknown as Parameters<typeof launchWords>[0],
    preset,
  )
  expect(words).toContain('--labels')
  const settings = words.filter((_, index) => words[index - 1] === '--set')
  const stages = words[words.indexOf('--stages') + 1]
  expect(applySettings(preset.configuration, settings, stages)).toEqual(request.configuration)
})

describe('a writer', () => {
  const document = {
    title: 'a <b>',
    subtitle: '1. first',
    blocks: [
      { kind: 'table', caption: 'c', head: ['x|y'], rows: [['line\nbreak']], numeric: [] },
      { kind: 'code', text: 'echo ```' },
      { kind: 'list', items: ['- not nested\n# not a heading'] },
    ],
  } as const
  test('of HTML escapes every text', () => {
    const html = reportHtml(document)
    expect(html).toContain('<h1>a &lt;b&gt;</h1>')
    expect(html).toContain("default-src 'none'")
  })
  test('of Markdown escapes every text', () => {
    const text = reportMarkdown(document, 'figures')
    expect(text).toContain('# a &lt;b>')
    expect(text).toContain(String.raw`1\. first`)
    expect(text).toContain(String.raw`| x\|y |`)
    expect(text).toContain('| line<br>break |')
    expect(text).toContain('````sh\necho ```\n````')
    expect(text).toContain(String.raw`- \- not nested`)
    expect(text).toContain(String.raw`  \# not a heading`)
  })
})
