import { basename } from 'node:path'
import type { Task } from '#node/serve-task.ts'
import { describeFile } from '../checkpoint/import/describe.ts'
import { licenceNotesOf } from '../checkpoint/import/licence.ts'
import { locateModel, openLocated } from '../checkpoint/import/locate.ts'
import { dtypesOf, fileFacts, importSources, writeImport } from '../checkpoint/import/write.ts'
import { throwIfCancelled } from './throw-if-cancelled.ts'

/** Copies a model into the workspace under its published names, tensor by tensor. The source is not changed. */
export const importModel: Task<'import-model'> = async ({ folder, name, path, ...answers }, report, signal) => {
  const located = await locateModel(path)
  await using file = await openLocated(located)
  const described = await describeFile(file, located, answers)
  const { matched, missing, reshaped, ignored, computed = [] } = described.report
  await throwIfCancelled(signal)
  const files = []
  for (const source of [...file.paths, ...(described.isHuggingFace ? [located.config] : [])])
    if (source !== undefined) files.push(await fileFacts(source, signal))
  let done = 0
  const sources = importSources(file, described.report, (tensor) =>
    report({ done: done++, total: matched.length, tensor }),
  )
  return await writeImport(
    folder,
    {
      name,
      createdAt: new Date().toISOString(),
      model: described.model,
      isHuggingFace: described.isHuggingFace,
      source: { path, format: file.format, files },
      report: {
        matched: matched.map(({ published, parts }) => ({ published, parts: [...parts] })),
        missing: [...missing],
        reshaped: reshaped.map(({ name, from, to }) => ({ name, from: [...from], to: [...to] })),
        ignored: [...ignored],
        computed: [...computed],
        dtypes: dtypesOf(file, described.report),
        beside:
          'beside' in file ? file.beside.map(({ name, tensors, sizeBytes }) => ({ name, tensors, sizeBytes })) : [],
      },
      classes: described.classes === null ? null : [...described.classes],
      licenceNotes: [...(described.licenceNotes ?? licenceNotesOf(name, basename(path), described.model))],
    },
    sources,
    signal,
  )
}
