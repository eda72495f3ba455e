import { createHash } from 'node:crypto'
import { closeSync, fstatSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { StudioError, systemProblem } from '#contract/api/errors.ts'
import { describeIssues } from '#contract/api/issues.ts'
import { datasetDetail, type DatasetDetail, describeDataset } from '#contract/domain/dataset-detail.ts'
import { collectLines, type DatasetLine, datasetLine, linesOf } from '#contract/domain/dataset-lines.ts'
import type { DatasetManifest } from '#contract/domain/dataset.ts'
import type { DrawnSplitSet } from '#contract/domain/drawn-split-set.ts'
import { type DatasetHeader, fromEarlier, manifestFile } from '#contract/domain/manifest-file.ts'
import { datasetFiles, formatVersions } from '#contract/layout.ts'
import { drawnSplitNames, readDrawnSplits, withDrawnSplits } from './drawn-split-sets.ts'
import { readJson, toJson, writeJson } from './json-file.ts'

const restore = 'Restore the folder of the dataset from a backup, or remove the dataset and import the videos again.'
const chunkBytes = 2 ** 20
const lineFeed = 10

/** A dataset whose samples can be read line by line. */
export interface StoredDataset {
  readonly detail: DatasetDetail
  /**
   * Its samples in their order, then its unused files; or of the samples those with some ids.
   * @throws StudioError `bad-request` that names the file, if it is cut off, damaged or not that of the header. What was read before is
   *   not to be used then.
   */
  readonly lines: (ids?: ReadonlySet<string>) => Iterable<DatasetLine>
}

/**
 * Opens a dataset of any version of the format. Of the current one, only the header is read until its lines are.
 * @throws StudioError `bad-request` that names the file and its problem
 */
export function openDataset(manifest: string): StoredDataset {
  const file = readJson(manifest, manifestFile)
  const folder = dirname(manifest)
  if (file.version !== formatVersions.manifest) {
    const whole = withSets(fromEarlier(file), readDrawnSplits(folder))
    return { detail: describeDataset(whole), lines: (ids) => chosenLines(linesOf(whole), ids) }
  }
  const detail = datasetDetail.parse(file)
  return {
    detail: { ...detail, splitSets: [...detail.splitSets, ...drawnSplitNames(folder)] },
    lines: (ids) =>
      chosenLines(
        withDrawnSplits(readLines(join(folder, datasetFiles.samples), file.lines, ids), readDrawnSplits(folder)),
        ids,
      ),
  }
}

function* chosenLines(lines: Iterable<DatasetLine>, ids?: ReadonlySet<string>): Generator<DatasetLine> {
  if (ids === undefined) return yield* lines
  for (const line of lines) if ('broken' in line || ids.has(line.id)) yield line
}

/** Reads all of a dataset; `splitSets` are all by default. */
export function readDataset(manifest: string): DatasetManifest {
  const file = readJson(manifest, manifestFile)
  const drawn = readDrawnSplits(dirname(manifest))
  if (file.version !== formatVersions.manifest) return withSets(fromEarlier(file), drawn)
  const { name, root, createdAt, digest, labelSets, boxClasses, report } = file
  const stored: DatasetManifest = {
    name,
    root,
    createdAt,
    digest,
    labelSets,
    ...(boxClasses === undefined ? {} : { boxClasses }),
    ...(report === null ? {} : { report }),
    ...collectLines(readLines(join(dirname(manifest), datasetFiles.samples), file.lines), file.splitSets),
  }
  return withSets(stored, drawn)
}

const withSets = (manifest: DatasetManifest, drawn: readonly DrawnSplitSet[]): DatasetManifest => ({
  ...manifest,
  splitSets: [...manifest.splitSets, ...drawn.map(({ name, splits }) => ({ name, splits }))],
})

/** Writes the files of a dataset into a folder and forces them to the disk. */
export function writeDataset(folder: string, manifest: DatasetManifest): DatasetDetail {
  const detail = describeDataset(manifest)
  const lines = writeLines(join(folder, datasetFiles.samples), linesOf(manifest))
  const header: DatasetHeader = { version: formatVersions.manifest, ...detail, lines }
  writeJson(join(folder, datasetFiles.manifest), header)
  return detail
}

export function writeLines(file: string, lines: Iterable<DatasetLine>): DatasetHeader['lines'] {
  const hash = createHash('sha256')
  const handle = openSync(file, 'w')
  let count = 0
  let sizeBytes = 0
  let waiting = ''
  const flush = () => {
    const bytes = Buffer.from(waiting)
    hash.update(bytes)
    for (let at = 0; at < bytes.length;) at += writeSync(handle, bytes, at)
    sizeBytes += bytes.length
    waiting = ''
  }
  try {
    for (const line of lines) {
      waiting += `${toJson(line)}\n`
      count += 1
      if (waiting.length >= chunkBytes) flush()
    }
    flush()
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
  return { count, sizeBytes, sha256: hash.digest('hex') }
}

/** The beginning of the line of a sample, as it is written. */
const beginning = /^\{"id":"([^"\\]*)"/

/** @param ids of the samples whose lines are wanted; others are parsed only if their id is not seen at once */
function* readLines(file: string, expected: DatasetHeader['lines'], ids?: ReadonlySet<string>): Generator<DatasetLine> {
  const handle = open(file)
  try {
    const { size } = fstatSync(handle)
    if (size !== expected.sizeBytes) {
      const problem = size < expected.sizeBytes ? 'is cut off' : 'is not the one that was written'
      throw damaged(file, `${problem}: it has ${size} bytes instead of ${expected.sizeBytes}`)
    }
    const hash = createHash('sha256')
    let rest = Buffer.alloc(0)
    let count = 0
    for (;;) {
      const chunk = Buffer.allocUnsafe(chunkBytes)
      const read = readSync(handle, chunk)
      if (read === 0) break
      hash.update(chunk.subarray(0, read))
      const bytes = Buffer.concat([rest, chunk.subarray(0, read)])
      let from = 0
      for (let end = bytes.indexOf(lineFeed); end !== -1; end = bytes.indexOf(lineFeed, from)) {
        count += 1
        const text = bytes.toString('utf8', from, end)
        from = end + 1
        const id = ids === undefined ? undefined : beginning.exec(text)?.[1]
        if (id === undefined || ids?.has(id) === true) yield parseLine(text, file, count)
      }
      rest = bytes.subarray(from)
    }
    if (rest.length > 0 || count !== expected.count || hash.digest('hex') !== expected.sha256)
      throw damaged(file, 'was changed: its checksum is not the one in manifest.json')
  } finally {
    closeSync(handle)
  }
}

function parseLine(text: string, file: string, number: number): DatasetLine {
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch (cause) {
    throw damaged(file, `is damaged: line ${number} is not JSON`, cause)
  }
  const result = datasetLine.safeParse(content)
  if (result.success) return result.data
  throw damaged(file, `is damaged: line ${number}: ${describeIssues(result.error.issues)}`, result.error)
}

function open(file: string): number {
  try {
    return openSync(file, 'r')
  } catch (cause) {
    throw damaged(file, `cannot be read: ${systemProblem(cause)?.problem ?? String(cause)}`, cause)
  }
}

const damaged = (file: string, problem: string, cause?: unknown): StudioError =>
  new StudioError('bad-request', `The file ${file} ${problem.replace(/\.$/, '')}.`, restore, { cause })
