import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { ImportedModel } from '#contract/domain/imported-model.ts'
import { modelOfTask } from '#contract/stages/index.ts'
import { reindex } from '#main/app/reindex.ts'
import { folderOf, openTestStudio, refusal, requestFor, temporaryFolder, type TestStudio } from '../support.ts'

const { configuration } = requestFor('shapes')
const videoTeacher = modelOfTask(
  { stage: 'video-teacher', configuration: configuration['video-teacher'] },
  configuration.clip,
  null,
)
const classifier = modelOfTask({ stage: 'finetune', configuration: configuration.finetune }, configuration.clip, 2)
const open = { ...classifier, family: null, sizes: { ...classifier.sizes, heads: null } }

const files = () =>
  folderOf({
    'teacher.pth': JSON.stringify({ model: videoTeacher, classes: null }),
    'open.pth': JSON.stringify({ model: open, classes: ['a', 'b'] }),
  })

async function importModel({ client }: TestStudio, path: string, name: string): Promise<ImportedModel> {
  const events = []
  for await (const event of await client.models.import({ path, name })) events.push(event)
  expect(events[0]).toMatchObject({ type: 'progress', total: 1, tensor: 'w' })
  const last = events.at(-1)
  if (last?.type !== 'done') throw new Error('The import ended without its result.')
  return last.model
}

test('an import is a folder of the workspace, listed, described and removed', async () => {
  const workspace = temporaryFolder()
  const studio = await openTestStudio(workspace)
  const { models } = studio.client
  const folder = files()
  const teacher = await importModel(studio, join(folder, 'teacher.pth'), 'teacher')
  const asked = await importModel(studio, join(folder, 'open.pth'), 'asked')
  expect(await models.list({})).toEqual([asked, teacher])
  expect(readdirSync(join(workspace, 'imports', 'teacher')).toSorted()).toEqual(['import.json', 'model.safetensors'])
  expect(await models.inspect({ name: 'teacher' })).toMatchObject({ model: teacher, tensors: [{ name: 'w' }] })

  const described = await models.describe({ name: 'asked', family: 'mvd', heads: 3 })
  expect(described.model).toMatchObject({ family: 'mvd', sizes: { heads: 3 } })
  expect((await models.list({}))[0]).toEqual(described)
  await models.remove({ name: 'asked' })
  expect(await models.list({})).toEqual([teacher])
  expect(existsSync(join(folder, 'open.pth'))).toBe(true)
})

test('imported models are listed after the database is rebuilt, and a damaged one does not hide others', async () => {
  const workspace = temporaryFolder()
  const studio = await openTestStudio(workspace)
  const teacher = await importModel(studio, join(files(), 'teacher.pth'), 'teacher')
  await studio.close()
  mkdirSync(join(workspace, 'imports', 'damaged'))
  writeFileSync(join(workspace, 'imports', 'damaged', 'import.json'), '{')
  mkdirSync(join(workspace, 'imports', '.half.tmp'))
  expect(await reindex({ workspace })).toMatchObject({
    models: 1,
    problems: [expect.stringContaining(join('imports', 'damaged', 'import.json'))],
  })
  const again = await openTestStudio(workspace)
  expect(await again.client.models.list({})).toEqual([teacher])
})

test('what cannot be done with an import is said', async () => {
  const workspace = temporaryFolder()
  const studio = await openTestStudio(workspace)
  const { models } = studio.client
  const folder = files()
  const take = (path: string, name: string) => importModel(studio, join(folder, path), name)
  const before = await refusal(models.inspect({ name: 'teacher' }))
  await take('teacher.pth', 'teacher')
  await take('open.pth', 'asked')
  const sentences = [
    before,
    await refusal(take('open.pth', 'teacher')),
    await refusal(take('nothing.pth', 'nothing')),
    await refusal(take('teacher.pth', 'A name')),
    await refusal(models.inspect({ name: 'teachers' })),
    await refusal(models.describe({ name: 'teacher', heads: 12 })),
    await refusal(models.describe({ name: 'asked' })),
    await refusal(models.describe({ name: 'asked', heads: 7 })),
    await refusal(models.remove({ name: 'nobody' })),
  ]
  expect(sentences.map((sentence) => sentence.replaceAll(folder, '<folder>'))).toMatchInlineSnapshot(`
    [
      "not-found: There is no imported model called teacher.
    There are no imported models. Import one with: model import FILE --name NAME.",
      "already-exists: There is already an imported model called teacher.
    Choose another name, or remove that model first.",
      "not-found: There is no file or folder <folder>/nothing.pth.
    Check the path.",
      "bad-request: name: Use lower-case letters, digits and hyphens, at most 63, beginning with a letter or digit.
    Correct these fields and try again.",
      "not-found: There is no imported model called teachers.
    Did you mean teacher? Imported models: asked, teacher. Run ids contain a dot, checkpoint ids an @.",
      "bad-request: The number of heads of teacher is already known.
    To change it, remove the model and import the file again.",
      "bad-request: No fact of asked is given.
    Set its family or its number of heads.",
      "bad-request: The width 96 is not a multiple of 7 heads.
    Use the number with which the model was trained.",
      "not-found: There is no imported model called nobody.
    Imported models: asked, teacher. Run ids contain a dot, checkpoint ids an @.",
    ]
  `)
  expect((await models.list({})).map(({ name }) => name)).toEqual(['asked', 'teacher'])
})
