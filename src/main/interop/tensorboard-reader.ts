import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { formatBytes, formatList, formatQuantity } from '#contract/format.ts'
import { type ForeignRun, type ForeignRuns, SeriesCollector } from './foreign-run.ts'
import { ProtobufReader } from './protobuf-reader.ts'
import { readRecords } from './record-reader.ts'
import { type EventContent, readEvent } from './tensorboard-event.ts'

export const isEventFile = (name: string): boolean => name.includes('tfevents')

/**
 * Reads event files of TensorBoard. Each folder with event files is a run, whose name is its path below `path`. Several files of a
 * folder are joined in the order of their names, as TensorBoard does.
 * @param path a folder, or one event file
 */
export async function readTensorBoard(path: string, signal?: AbortSignal): Promise<ForeignRuns> {
  const folders = (await stat(path)).isDirectory()
    ? await eventFolders(path)
    : [{ folder: dirname(path), files: [path] }]
  const runs: ForeignRun[] = []
  for (const { folder, files } of folders) {
    const name = relative(path, folder).replaceAll('\\', '/')
    runs.push(await readRun(folder, /^(\.\.)?$/.test(name) ? basename(folder) : name, files, signal))
  }
  return { runs, notes: [] }
}

/** Whether a folder or one of its subfolders has event files. */
export const hasEventFiles = async (path: string): Promise<boolean> => (await eventFolders(path)).length > 0

/** Folders with event files, by path. Links are not followed. */
async function eventFolders(folder: string): Promise<{ folder: string; files: string[] }[]> {
  await setImmediate()
  const entries = (await readdir(folder, { withFileTypes: true })).toSorted((a, b) => (a.name < b.name ? -1 : 1))
  const files = entries
    .filter((entry) => entry.isFile() && isEventFile(entry.name))
    .map(({ name }) => join(folder, name))
  const below: { folder: string; files: string[] }[] = []
  for (const entry of entries) if (entry.isDirectory()) below.push(...(await eventFolders(join(folder, entry.name))))
  return [...(files.length === 0 ? [] : [{ folder, files }]), ...below]
}

/** States of sessions of the hparams plugin. */
const sessionStatuses: Readonly<Record<number, string>> = { 1: 'succeeded', 2: 'failed', 3: 'running' }

async function readRun(
  folder: string,
  name: string,
  files: readonly string[],
  signal: AbortSignal | undefined,
): Promise<ForeignRun> {
  const points = new SeriesCollector()
  const notes: string[] = []
  /** Plugin of each tag, which only the first value of a tag names. */
  const plugins = new Map<string, string>()
  const ignored = new Map<string, Set<string>>()
  const parameters: Record<string, number | string> = {}
  let startedMs: number | null = null
  let endedMs: number | null = null
  let status: string | null = null
  let unreadable = 0

  const ignore = (kind: string, tag: string) => void (ignored.get(kind)?.add(tag) ?? ignored.set(kind, new Set([tag])))
  const take = ({ timeMs, step, isRestart, values }: EventContent) => {
    if (isRestart) points.cut(step)
    for (const { tag, plugin, pluginContent, content } of values) {
      if (plugin !== undefined && !plugins.has(tag)) plugins.set(tag, plugin)
      const known = plugins.get(tag)
      if (known === 'hparams') {
        const session = pluginContent === undefined ? undefined : readSession(pluginContent)
        Object.assign(parameters, session?.parameters)
        startedMs ??= session?.startedMs ?? null
        // The session is open again if the run continues; the last end counts.
        endedMs = session?.endedMs ?? endedMs
        status = session?.status ?? status
      } else if (content.kind === 'number' && (known === undefined || known === 'scalars' || content.isSimple))
        points.add(tag, step, content.value, timeMs)
      else ignore(content.kind === 'number' ? 'tensor' : content.kind, tag)
    }
  }

  for (const file of files) {
    const end = await readRecords(
      file,
      (content) => {
        try {
          take(readEvent(content))
        } catch (cause) {
          if (!(cause instanceof RangeError)) throw cause
          unreadable += 1
        }
      },
      signal,
    )
    const title = basename(file)
    if (end.lostFrom !== undefined)
      notes.push(
        end.records === 0 && end.lostFrom === 0
          ? `${title} is not an event file: the checksum of its first record is wrong.`
          : `${title} is damaged at byte ${end.lostFrom}; nothing behind it could be read.`,
      )
    if (end.damaged > 0)
      notes.push(
        `${title}: ${formatQuantity(end.damaged, 'record')} with a wrong checksum ${end.damaged === 1 ? 'was' : 'were'} skipped.`,
      )
    if (end.cutBytes > 0)
      notes.push(
        `${title} ends within a record (${formatBytes(end.cutBytes)}), as a file does that is still written. Import it again later.`,
      )
  }
  if (unreadable > 0)
    notes.push(
      `${formatQuantity(unreadable, 'record')} ${unreadable === 1 ? 'is' : 'are'} no event and ${unreadable === 1 ? 'was' : 'were'} skipped.`,
    )
  for (const [kind, tags] of ignored)
    notes.push(
      `${formatQuantity(tags.size, `${kind} tag`)} not imported, since only scalars are: ${formatList([...tags].slice(0, 3))}${tags.size > 3 ? ' and more' : ''}.`,
    )
  const { series, notes: leftOut } = points.finish()
  return {
    source: { format: 'tensorboard', path: folder, key: folder, name, status, parameters },
    series,
    startedMs,
    endedMs,
    note: '',
    notes: [...notes, ...leftOut],
  }
}

interface Session {
  parameters: Record<string, number | string>
  startedMs: number | null
  endedMs: number | null
  status: string | null
}

/** A message of the hparams plugin: the start or the end of a session. */
function readSession(content: Buffer): Session {
  const session: Session = { parameters: {}, startedMs: null, endedMs: null, status: null }
  const reader = new ProtobufReader(content)
  while (reader.next()) {
    if (reader.field !== 3 && reader.field !== 4) continue
    const isStart = reader.field === 3
    const info = new ProtobufReader(reader.bytes())
    while (info.next()) {
      if (isStart && info.field === 1) {
        const [name, value] = readParameter(info.bytes())
        if (value !== undefined) session.parameters[name] = value
      } else if (isStart && info.field === 5) session.startedMs = info.double() * 1000
      else if (!isStart && info.field === 1) session.status = sessionStatuses[info.whole()] ?? null
      else if (!isStart && info.field === 2) session.endedMs = info.double() * 1000
    }
  }
  return session
}

/** An entry of a map from names to values of JSON. A value that is a list, an object or not finite is kept as text or left out. */
function readParameter(entry: Buffer): [name: string, value: number | string | undefined] {
  let name = ''
  let value: number | string | undefined
  const reader = new ProtobufReader(entry)
  while (reader.next()) {
    if (reader.field === 1) name = reader.text()
    else if (reader.field === 2) {
      const of = new ProtobufReader(reader.bytes())
      while (of.next()) {
        if (of.field === 2) {
          const number = of.double()
          value = Number.isFinite(number) ? number : String(number)
        } else if (of.field === 3) value = of.text()
        else if (of.field === 4) value = of.whole() === 1 ? 'true' : 'false'
      }
    }
  }
  return [name, value]
}
