import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { ProbeEvent } from '#contract/api/contract.ts'
import { StudioError } from '#contract/api/errors.ts'
import type { DatasetManifest, Split } from '#contract/domain/dataset.ts'
import type { ProbeRecord, ProbeRequest } from '#contract/domain/probe.ts'
import { reindex } from '#main/app/reindex.ts'
import { labelSetToProbe } from '#main/probes/label-set.ts'
import { manifestOf } from '../../support/manifest.ts'
import { statisticsOf } from '../../support/statistics.ts'
import {
  folderOf,
  importFolder,
  openTestStudio,
  refusal,
  requestFor,
  temporaryFolder,
  untilStatus,
  videosOf,
  type TestStudio,
} from '../support.ts'

/** Videos of two classes, half of them for the test, in two label sets. */
const labelled = () => {
  const lines = ['a', 'b'].flatMap((name) =>
    [0, 1, 2, 3].map((index) => `${name}/${index}.mp4,${index < 2 ? 'train' : 'test'},${name},${name}`),
  )
  return folderOf({ ...videosOf(['a', 'b'], 4), 'labels.csv': `path,split,kind,slow\n${lines.join('\n')}\n` })
}

async function studioWithCheckpoints(workspace: string): Promise<TestStudio> {
  const studio = await openTestStudio(workspace)
  await importFolder(studio, labelled())
  await studio.client.pipelines.launch({
    ...requestFor('shapes', (configuration) => (configuration.stages = ['image-teacher'])),
    name: 'p',
  })
  await untilStatus(studio, 'p.image-teacher', 'finished')
  return studio
}

const facts = {
  frameCount: 32,
  width: 64,
  height: 48,
  framesPerSecond: 25,
  durationMs: 1280,
  codec: 'h264',
  sizeBytes: 1,
  digest: '',
}
const manifest = (labelSets: DatasetManifest['labelSets'], videos: [Split, Record<string, number | null>][]) =>
  statisticsOf(
    manifestOf(
      videos.map(([split, labels], index) => ({ ...facts, id: `v${index}`, path: '', split, labels })),
      { labelSets },
    ),
  )

/** The error for a label set that cannot be probed. */
function refusalOf(labelSets: DatasetManifest['labelSets'], videos: [Split, Record<string, number | null>][]): string {
  try {
    return labelSetToProbe(manifest(labelSets, videos), undefined).name
  } catch (cause) {
    if (cause instanceof StudioError) return `${cause.code}: ${cause.message} ${cause.hint}`
    throw cause
  }
}

type Wanted = Partial<ProbeRequest>
const request = (change: Wanted = {}): ProbeRequest => ({
  model: 'p.image-teacher@3',
  dataset: 'shapes',
  labels: 'kind',
  methods: ['knn', 'linear'],
  neighbours: 20,
  ...change,
})

async function probe({ client }: TestStudio, change?: Wanted): Promise<ProbeRecord> {
  const events: ProbeEvent[] = []
  for await (const event of await client.probes.run(request(change))) events.push(event)
  expect(events[0]).toEqual({ type: 'progress', progress: { phase: 'features', done: 1, total: 2 } })
  const last = events.at(-1)
  if (last?.type !== 'done') throw new Error('The probe ended without its result.')
  return last.probe
}

const drain = async (events: Promise<AsyncIterable<ProbeEvent>>) => {
  for await (const event of await events) expect(event.type).toBe('progress')
}

test('a probe is stored and listed by its checkpoint', async () => {
  const workspace = temporaryFolder()
  const studio = await studioWithCheckpoints(workspace)
  const first = await probe(studio)
  expect(first).toMatchObject({
    id: 'p.image-teacher@3.1',
    model: 'p.image-teacher@3',
    dataset: { name: 'shapes', labels: 'kind' },
    knn: { neighbours: 20, top1: 0.5 },
    linear: { weightDecay: 0.01 },
    description: { layout: 'mae' },
  })
  const second = await probe(studio, { methods: ['knn'], neighbours: 3 })
  expect(second).toMatchObject({ id: 'p.image-teacher@3.2', knn: { neighbours: 3 }, linear: null })
  // A run stands for its newest checkpoint.
  const newest = await probe(studio, { model: 'p.image-teacher' })
  expect(newest.model).toBe('p.image-teacher@6')

  expect(await studio.client.probes.list({})).toEqual([newest, second, first])
  expect(await studio.client.probes.list({ model: 'p.image-teacher@3' })).toEqual([second, first])
  expect(await studio.client.probes.list({ model: 'p.image-teacher@4' })).toEqual([])
  expect(await studio.client.probes.list({ model: 'p.image-teacher' })).toEqual([newest])
  await studio.close()

  writeFileSync(join(workspace, 'probes', `${second.id}.json`), '{')
  const { probes, problems } = await reindex({ workspace })
  expect({ probes, problems }).toEqual({
    probes: 2,
    problems: [expect.stringContaining(`${second.id}.json cannot be read`)],
  })
  const again = await openTestStudio(workspace)
  expect(await again.client.probes.list({})).toEqual([newest, first])
  // The number of the damaged record is not given away again.
  expect((await probe(again)).id).toBe('p.image-teacher@3.3')
})

test('measurements of other weights of the same name are left out, those of a removed model stay', async () => {
  const workspace = temporaryFolder()
  const studio = await studioWithCheckpoints(workspace)
  const measured = await probe(studio)
  const file = join(workspace, 'probes', `${measured.id}.json`)
  writeFileSync(file, JSON.stringify({ ...measured, sha256: 'of an earlier p' }))
  expect(await studio.client.probes.list({})).toEqual([])
  const gone = { ...measured, model: 'p.image-teacher@9', sha256: 'of an earlier p' }
  writeFileSync(file, JSON.stringify(gone))
  expect(await studio.client.probes.list({})).toEqual([gone])
})

test('a measurement that is cancelled leaves nothing behind', async () => {
  const workspace = temporaryFolder()
  const studio = await studioWithCheckpoints(workspace)
  const stop = new AbortController()
  for await (const event of await studio.client.probes.run(request({ labels: 'slow' }), { signal: stop.signal })) {
    expect(event.type).toBe('progress')
    stop.abort()
  }
  expect(await studio.client.probes.list({})).toEqual([])
  const running = (await studio.client.probes.run(request({ labels: 'slow' })))[Symbol.asyncIterator]()
  await running.next()
  await studio.close()
  expect(await refusal(running.next())).toMatch(/^cancelled: /)
  expect(readdirSync(workspace)).not.toContain('probes')
})

test('what cannot be measured is refused with a sentence', async () => {
  const workspace = temporaryFolder()
  const studio = await studioWithCheckpoints(workspace)
  const refuse = async (change: Wanted) =>
    (await refusal(drain(studio.client.probes.run(request(change))))).replaceAll(workspace, '<workspace>')
  const checkpoints = join(workspace, 'runs', 'p.image-teacher', 'checkpoints')
  const refusals = [
    await refuse({ model: 'p.image-teacher@4' }),
    await refuse({ model: 'q.image-teacher' }),
    await refuse({ model: 'mae-base' }),
    await refuse({ dataset: 'shape' }),
    await refuse({ labels: 'motion' }),
    await refuse({ labels: undefined }),
    await refuse({ neighbours: 0 }),
    await refuse({ methods: [] }),
  ]
  renameSync(join(checkpoints, 'step-00000003'), join(checkpoints, 'elsewhere'))
  expect([...refusals, await refuse({})]).toMatchInlineSnapshot(`
    [
      "not-found: There is no checkpoint p.image-teacher@4.
    Ids look like <run id>@<step>; \`checkpoint list\` shows them.",
      "not-found: There is no run q.image-teacher.
    Run ids look like <pipeline>.<stage>; \`run list\` shows them.",
      "not-found: There is no imported model called mae-base.
    There are no imported models. Import one with: model import FILE --name NAME.",
      "not-found: There is no dataset called shape.
    Did you mean shapes? Choose one of shapes.",
      "bad-request: labels: the dataset shapes has no label set called motion.
    Choose one of kind, slow.",
      "bad-request: labels: the dataset shapes has 2 label sets.
    Choose one of kind, slow.",
      "bad-request: neighbours: The number of neighbours must be at least 1.
    Correct these fields and try again.",
      "bad-request: methods: Choose at least one method.
    Correct these fields and try again.",
      "checkpoint-invalid: The weights of p.image-teacher@3 are missing from <workspace>/runs/p.image-teacher/checkpoints/step-00000003.
    Restore the folder from a backup, or use another model.",
    ]
  `)
  expect(readFileSync(join(checkpoints, 'elsewhere', 'model.safetensors'), 'utf8')).toBe(
    'weights of p.image-teacher at 3',
  )
})

describe('the label set to probe', () => {
  const kinds = { name: 'kind', classes: ['a', 'b'] }
  const whole: [Split, Record<string, number | null>][] = [
    ['train', { kind: 0 }],
    ['train', { kind: 1 }],
    ['test', { kind: 0 }],
  ]

  test('is the only one, or the one that is named', () => {
    expect(labelSetToProbe(manifest([kinds], whole), undefined)).toBe(kinds)
    expect(labelSetToProbe(manifest([{ name: 'other', classes: ['x'] }, kinds], whole), 'kind')).toBe(kinds)
  })

  test('is refused if the accuracy would have no meaning', () => {
    expect({
      'no classes': refusalOf([], []),
      'one class': refusalOf(
        [{ name: 'kind', classes: ['a'] }],
        [
          ['train', { kind: 0 }],
          ['test', { kind: 0 }],
        ],
      ),
      'a second class only in the test': refusalOf(
        [kinds],
        [
          ['train', { kind: 0 }],
          ['test', { kind: 1 }],
        ],
      ),
      'training videos without a class': refusalOf(
        [kinds],
        [
          ['train', { kind: null }],
          ['test', { kind: 1 }],
        ],
      ),
      'test videos without a class': refusalOf(
        [kinds],
        [
          ['train', { kind: 0 }],
          ['train', { kind: 1 }],
          ['test', { kind: null }],
        ],
      ),
    }).toMatchInlineSnapshot(`
      {
        "a second class only in the test": "dataset-one-class: A probe needs two classes with training videos in the label set kind of d; there is only a. Add videos of another class and import the folder again.",
        "no classes": "dataset-one-class: The dataset d has no classes, which a probe needs. Import a folder with one folder per class, or with a labels.csv.",
        "one class": "dataset-one-class: A probe needs two classes with training videos in the label set kind of d; there is only a. Add videos of another class and import the folder again.",
        "test videos without a class": "dataset-empty: The label set kind of d has no test video with a class. Mark videos as test in labels.csv and import the folder again.",
        "training videos without a class": "dataset-one-class: A probe needs two classes with training videos in the label set kind of d; there is none. Add videos of another class and import the folder again.",
      }
    `)
  })
})
