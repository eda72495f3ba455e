import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { PipelineConfiguration } from '#contract/configuration/pipeline.ts'
import type { ModelDescription } from '#contract/domain/model.ts'
import { runFile } from '#contract/domain/run.ts'
import { modelOfTask } from '#contract/stages/index.ts'
import {
  folderOf,
  importFolder,
  openTestStudio,
  refusal,
  requestFor,
  temporaryFolder,
  untilRun,
  untilStatus,
  videosOf,
} from '../support.ts'

const { configuration: tiny } = requestFor('shapes')
const mae = modelOfTask({ stage: 'image-teacher', configuration: tiny['image-teacher'] }, tiny.clip, null)
const videoMae = modelOfTask({ stage: 'video-teacher', configuration: tiny['video-teacher'] }, tiny.clip, null)
const classifier = modelOfTask({ stage: 'finetune', configuration: tiny.finetune }, tiny.clip, 2)
const larger: ModelDescription = { ...videoMae, sizes: { ...videoMae.sizes, width: 192, depth: 12, heads: 3 } }

const models = {
  mae: { model: { ...mae, sizes: { ...mae.sizes, patchSize: 14 } }, classes: null },
  vmae: { model: larger, classes: null },
  'mae-patch-8': { model: { ...mae, sizes: { ...mae.sizes, patchSize: 8 } }, classes: null },
  'vmae-patch-14': { model: { ...larger, sizes: { ...larger.sizes, patchSize: 14 } }, classes: null },
  'vmae-tubelet-4': { model: { ...larger, sizes: { ...larger.sizes, tubeletSize: 4 } }, classes: null },
  'vmae-heads': { model: { ...larger, sizes: { ...larger.sizes, heads: null } }, classes: null },
  clf: { model: classifier, classes: ['a', 'b'] },
  'clf-other': { model: classifier, classes: ['b', 'a'] },
  'clf-of-3': { model: { ...classifier, sizes: { ...classifier.sizes, classes: 3 } }, classes: null },
}

/** A studio with two classes of videos and every model as an import, written as an import leaves it. */
async function openWithModels(works = true) {
  const workspace = temporaryFolder()
  for (const [name, facts] of Object.entries(models)) {
    const folder = join(workspace, 'imports', name)
    const source = { path: `/${name}.pth`, format: 'pytorch', files: [] }
    const report = { matched: [], missing: [], reshaped: [], ignored: [], dtypes: {}, beside: [] }
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'model.safetensors'), name)
    writeFileSync(
      join(folder, 'import.json'),
      JSON.stringify({
        version: 1,
        name,
        createdAt: '2026-11-23T09:00:00.000Z',
        ...facts,
        isHuggingFace: false,
        source,
        report,
        licenceNotes: [`The licence of ${name}.`],
        files: [{ name: 'model.safetensors', sizeBytes: name.length, sha256: hashOf(name) }],
      }),
    )
  }
  const studio = await openTestStudio(workspace, {}, works)
  await importFolder(studio, folderOf(videosOf(['a', 'b'], 5)))
  return { workspace, studio }
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex')
const request = (change: (configuration: PipelineConfiguration) => void) => requestFor('shapes', change)
const distilling = (
  inputs: PipelineConfiguration['inputs'],
  change: (configuration: PipelineConfiguration) => void = () => undefined,
) =>
  request((configuration) => {
    Object.assign(configuration, { stages: ['distill'], inputs })
    change(configuration)
  })
const starting = (model: string) =>
  request((configuration) => {
    Object.assign(configuration, { stages: ['finetune', 'evaluate'], inputs: { model } })
    configuration.finetune.initialization = 'checkpoint'
  })
const testing = (model: string) =>
  request((configuration) => Object.assign(configuration, { stages: ['evaluate'], inputs: { model } }))
const fileOf = (workspace: string, id: string) =>
  runFile.parse(JSON.parse(readFileSync(join(workspace, 'runs', id, 'run.json'), 'utf8')))

test('imported teachers are frozen with the run that takes them, and their notes follow its checkpoints', async () => {
  const { workspace, studio } = await openWithModels()
  await studio.client.pipelines.launch({ ...distilling({ imageTeacher: 'mae', videoTeacher: 'vmae' }), name: 'p' })
  const file = fileOf(workspace, 'p.distill')
  expect(file.inputs).toEqual({ imageTeacher: 'mae', videoTeacher: 'vmae' })
  expect(file.models).toEqual({
    imageTeacher: {
      file: join('imports', 'mae', 'model.safetensors'),
      sha256: hashOf('mae'),
      model: models.mae.model,
      classes: null,
      licenceNotes: ['The licence of mae.'],
    },
    videoTeacher: {
      file: join('imports', 'vmae', 'model.safetensors'),
      sha256: hashOf('vmae'),
      model: larger,
      classes: null,
      licenceNotes: ['The licence of vmae.'],
    },
  })
  expect(await untilStatus(studio, 'p.distill', 'finished')).toMatchObject({ waitsFor: [] })
  expect((await studio.client.checkpoints.list({}))[0]).toMatchObject({
    licenceNotes: ['The licence of mae.', 'The licence of vmae.'],
    inputs: { imageTeacher: 'mae', videoTeacher: 'vmae' },
  })
})

test('a run that has ended gives its newest checkpoint, one that is under way is waited for', async () => {
  const { workspace, studio } = await openWithModels()
  await studio.client.pipelines.launch({
    ...request((configuration) => (configuration.stages = ['image-teacher', 'video-teacher'])),
    name: 'first',
  })
  await untilStatus(studio, 'first.video-teacher', 'finished')
  const ended = await studio.client.pipelines.launch({
    ...distilling({ imageTeacher: 'first.image-teacher', videoTeacher: 'first.video-teacher@3' }),
    name: 'second',
  })
  expect(ended.configuration.inputs).toEqual({
    imageTeacher: 'first.image-teacher@6',
    videoTeacher: 'first.video-teacher@3',
  })
  expect(fileOf(workspace, 'second.distill').models).toMatchObject({
    imageTeacher: {
      file: join('runs', 'first.image-teacher', 'checkpoints', 'step-00000006', 'model.safetensors'),
      model: { layout: 'mae' },
    },
    videoTeacher: {
      file: join('runs', 'first.video-teacher', 'checkpoints', 'step-00000003', 'model.safetensors'),
      model: { layout: 'videomae' },
    },
  })
  await untilStatus(studio, 'second.distill', 'finished')

  const long = { stepMs: 50 }
  writeFileSync(join(workspace, 'runs', 'child.json'), JSON.stringify(long))
  await studio.client.pipelines.launch({
    ...request((configuration) => (configuration.stages = ['video-teacher'])),
    name: 'third',
  })
  await untilStatus(studio, 'third.video-teacher', 'running')
  const waiting = await studio.client.pipelines.launch({
    ...distilling({ imageTeacher: 'mae', videoTeacher: 'third.video-teacher' }),
    name: 'fourth',
  })
  expect(waiting.configuration.inputs.videoTeacher).toBe('third.video-teacher')
  expect(await untilRun(studio, 'fourth.distill', (run) => run.status === 'queued')).toMatchObject({
    waitsFor: ['third.video-teacher'],
  })
  expect(Object.keys(fileOf(workspace, 'fourth.distill').models)).toEqual(['imageTeacher'])
  const done = await untilStatus(studio, 'fourth.distill', 'finished')
  const [before] = (await studio.client.runs.list({})).filter(({ id }) => id === 'third.video-teacher')
  expect(done.startedAt! >= before!.endedAt!).toBe(true)
})

test('fine-tuning takes its sizes from the model that it starts from, and says so', async () => {
  const { workspace, studio } = await openWithModels()
  const { pipelines } = studio.client
  expect((await pipelines.check(starting('vmae'))).warnings).toEqual([
    'Fine-tuning uses the sizes of vmae: width 192, depth 12, heads 3.',
  ])
  const { configuration } = await pipelines.launch({ ...starting('vmae'), name: 'p' })
  expect(configuration.finetune).toMatchObject({ initialization: 'checkpoint', width: 192, depth: 12, heads: 3 })
  expect(fileOf(workspace, 'p.finetune')).toMatchObject({
    inputs: { model: 'vmae' },
    task: { configuration: { width: 192 } },
    models: { model: { model: { family: 'videomae' } } },
  })
  expect(fileOf(workspace, 'p.evaluate')).toMatchObject({ inputs: { model: 'p.finetune' }, models: {} })
  await untilStatus(studio, 'p.evaluate', 'finished')
})

test('fine-tuning can start from the imported video teacher as a baseline', async () => {
  const { workspace, studio } = await openWithModels()
  const baseline = request((configuration) => {
    Object.assign(configuration, { stages: ['finetune'], inputs: { videoTeacher: 'vmae' } })
    configuration.finetune.initialization = 'video-teacher'
  })
  await studio.client.pipelines.launch({ ...baseline, name: 'p' })
  expect(fileOf(workspace, 'p.finetune')).toMatchObject({
    inputs: { model: 'vmae' },
    task: { configuration: { depth: 12 } },
    models: { model: { sha256: hashOf('vmae') } },
  })
  await untilStatus(studio, 'p.finetune', 'finished')
})

test('a classifier is tested as it is, and what becomes of its head is said before it is tuned further', async () => {
  const { workspace, studio } = await openWithModels()
  const { pipelines } = studio.client
  await pipelines.launch({ ...testing('clf'), name: 'p' })
  expect(fileOf(workspace, 'p.evaluate')).toMatchObject({
    inputs: { model: 'clf' },
    models: { model: { classes: ['a', 'b'] } },
  })
  await untilStatus(studio, 'p.evaluate', 'finished')
  const notes = async (requested: ReturnType<typeof starting>) => (await pipelines.check(requested)).warnings
  expect([
    await notes(starting('clf')),
    await notes(starting('clf-of-3')),
    await notes(starting('clf-other')),
    await notes(testing('clf-other')),
    await notes(distilling({ imageTeacher: 'mae', videoTeacher: 'vmae' }, (c) => (c.distill.teachers = 'video'))),
  ]).toMatchInlineSnapshot(`
    [
      [],
      [
        "The head of clf-of-3 is replaced by a new one, because it has 3 classes and the label set has 2.",
      ],
      [
        "The head of clf-other is replaced by a new one, because its classes differ or have another order.",
      ],
      [
        "The classes of clf-other differ from those of class, or have another order: b, a, … and a, b, …",
      ],
      [
        "No stage of this pipeline uses the model mae, chosen as inputs.imageTeacher.",
      ],
    ]
  `)
})

test('a classifier that is still to be trained is known by its labels and by the model that it starts from', async () => {
  const { workspace, studio } = await openWithModels()
  const { pipelines } = studio.client
  writeFileSync(join(workspace, 'runs', 'child.json'), JSON.stringify({ stepMs: 50 }))
  await pipelines.launch({
    ...starting('vmae'),
    configuration: { ...starting('vmae').configuration, stages: ['finetune'] },
    name: 'first',
  })
  const waiting = testing('first.finetune')
  expect((await pipelines.check(waiting)).warnings).toEqual([])
  await pipelines.launch({ ...waiting, name: 'second' })
  expect(await untilStatus(studio, 'second.evaluate', 'finished')).toMatchObject({ result: { top5: null } })
})

test('a model with weights that are not finite is named before the launch', async () => {
  const { workspace, studio } = await openWithModels()
  const path = join(workspace, 'imports', 'clf', 'import.json')
  const card = JSON.parse(readFileSync(path, 'utf8')) as { report: object }
  Object.assign(card.report, { nonFinite: [{ name: 'head.weight', nan: 1, infinite: 0 }] })
  writeFileSync(path, JSON.stringify(card))
  const warning =
    'clf has weights that are not finite: head.weight (1 NaN). Use an intact copy of the model, or another one. Training cannot repair such weights.'
  expect((await studio.client.pipelines.check(testing('clf'))).warnings).toContain(warning)
  expect((await studio.client.pipelines.check(starting('clf'))).warnings).toContain(warning)
})

test('a model that cannot be used is named with the setting to change', async () => {
  const { studio } = await openWithModels(false)
  const refuse = async (asked: ReturnType<typeof starting>) => refusal(studio.client.pipelines.launch(asked))
  await studio.client.pipelines.launch({
    ...request(
      (configuration) => (configuration.stages = ['finetune', 'evaluate', 'distill', 'image-teacher', 'video-teacher']),
    ),
    name: 'p',
  })
  await studio.client.runs.stop({ id: 'p.distill' })
  expect([
    await refuse(distilling({ imageTeacher: 'mea', videoTeacher: 'vmae' })),
    await refuse(distilling({ imageTeacher: 'p.nothing', videoTeacher: 'vmae' })),
    await refuse(distilling({ imageTeacher: 'p.image-teacher@7', videoTeacher: 'vmae' })),
    await refuse(distilling({ imageTeacher: 'p.distill', videoTeacher: 'vmae' })),
    await refuse(distilling({ imageTeacher: 'p.evaluate', videoTeacher: 'vmae' })),
    await refuse(distilling({ imageTeacher: 'mae', videoTeacher: 'vmae-tubelet-4' })),
    await refuse(distilling({ imageTeacher: 'mae', videoTeacher: 'vmae-heads' })),
    await refuse(distilling({ imageTeacher: 'mae-patch-8', videoTeacher: 'vmae-patch-14' })),
    await refuse(starting('mae')),
    await refuse(starting('vmae-patch-14')),
    await refuse(testing('vmae')),
    await refuse(testing('clf-of-3')),
    await refuse(request((configuration) => (configuration.inputs = { model: 'clf' }))),
    await refuse(distilling({ videoTeacher: 'vmae' })),
  ]).toMatchInlineSnapshot(`
    [
      "not-found: There is no imported model called mea.
    Did you mean mae? Imported models: clf, clf-of-3, clf-other, mae, mae-patch-8, vmae, vmae-heads, vmae-patch-14, vmae-tubelet-4. Run ids contain a dot, checkpoint ids an @.",
      "not-found: There is no run p.nothing.
    Run ids look like <pipeline>.<stage>; \`run list\` shows them.",
      "not-found: There is no checkpoint p.image-teacher@7.
    Ids look like <run id>@<step>; \`checkpoint list\` shows them.",
      "not-found: The run p.distill has no checkpoint.
    Ids look like <run id>@<step>; \`checkpoint list\` shows them.",
      "configuration-invalid: The run p.evaluate makes no model, because its stage is Test.
    Choose the run of another stage.",
      "configuration-invalid: inputs.videoTeacher: vmae-tubelet-4 has tubelets of 4 frames; the clip has tubelets of 2.
    Set clip.tubeletSize to 4, or choose another model.",
      "configuration-invalid: inputs.videoTeacher: vmae-heads has an unknown number of attention heads.
    Set it with: model describe NAME --heads NUMBER, or on its page.",
      "configuration-invalid: inputs.imageTeacher: mae-patch-8 cannot teach together with the other teacher: the image teacher has patches of 8 px, the video teacher of 14 px and the clip of 16 px, but at most two patch sizes can be combined.
    Set clip.patchSize to 14, or choose another teacher.",
      "configuration-invalid: inputs.model: mae encodes images; fine-tuning needs an encoder of clips.
    Choose a VideoMAE, an MVD student or a classifier.",
      "configuration-invalid: inputs.model: vmae-patch-14 has patches of 14 px; the clip has patches of 16 px.
    Set clip.patchSize to 14, or choose another model.",
      "configuration-invalid: inputs.model: vmae is not a classifier and cannot be tested.
    Fine-tune it first: add the stage finetune.",
      "configuration-invalid: inputs.model: clf-of-3 has 3 classes; the label set class has 2.
    Choose another label set, or fine-tune the model first.",
      "configuration-invalid: finetune.initialization: clf is chosen as starting point. Set this to checkpoint, or choose no model.
    Correct these fields and try again.",
      "configuration-invalid: stages: Distillation needs the image teacher: add the stage image-teacher, or choose a model (inputs.imageTeacher).
    Correct these fields and try again.",
    ]
  `)
})

test('an import stays while a run that has not finished needs it', async () => {
  const { studio } = await openWithModels(false)
  await studio.client.pipelines.launch({ ...distilling({ imageTeacher: 'mae', videoTeacher: 'vmae' }), name: 'p' })
  expect(await refusal(studio.client.models.remove({ name: 'mae' }))).toMatchInlineSnapshot(`
    "run-state: The model mae is used by p.distill.
    Wait until that run has finished."
  `)
})
