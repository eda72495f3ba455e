import {
  appendFileSync,
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { verdict, videoTraits } from '#contract/domain/integrity.ts'
import { datasetFiles } from '#contract/layout.ts'
import { isWhole, sealLine } from '#node/event-line.ts'
import { toJson } from '#node/json-file.ts'

/** What is known of one file. */
const fileRecord = z.object({
  /** Relative to the root of the dataset. */
  path: z.string(),
  /** Size and time of the file when it was opened; absent if it was not there. */
  sizeBytes: z.int().optional(),
  modifiedAtMs: z.number().optional(),
  /** Whether every frame was decoded, or was tried to. */
  isDecoded: z.boolean(),
  /** Frames of a readable video. */
  frameCount: z.int().optional(),
  traits: videoTraits.optional(),
  problem: z.object({ verdict, reason: z.string() }).optional(),
})
export type FileRecord = z.infer<typeof fileRecord>

/** A video and the one that is kept of its copies. */
const copy = z.object({ path: z.string(), of: z.string(), isAcrossSplits: z.boolean() })
export type Copy = z.infer<typeof copy>

/** What was found by comparing the files of a dataset with each other and with the folder. */
const comparison = z.object({
  repeated: z.array(copy),
  /** Absent before all videos were decoded. */
  nearDuplicates: z.array(copy).optional(),
  notListed: z.array(z.object({ path: z.string(), reason: z.string() })),
})
export type Comparison = z.infer<typeof comparison>

/** One line of `integrity.jsonl`. Of several about the same, the last one holds. */
const line = z.union([z.object({ file: fileRecord }), z.object({ comparison })])
type Line = z.infer<typeof line>

/** What `integrity.jsonl` says of the files of a dataset, by path, and of their comparison. */
export interface IntegrityRecords {
  readonly files: Map<string, FileRecord>
  readonly comparison: Comparison | undefined
}

/** Characters that are written at a time. */
const charactersPerWrite = 1_000_000

/** `integrity.jsonl` of a dataset. A line that was cut off or damaged only means that its file is decoded again. */
export class IntegrityFile {
  readonly #path: string

  /** @param folder of the dataset in the workspace */
  constructor(folder: string) {
    this.#path = join(folder, datasetFiles.integrity)
  }

  /** Text that changes whenever the file does. */
  stamp(): string {
    const found = statSync(this.#path, { throwIfNoEntry: false })
    return found === undefined ? 'missing' : `${found.size} ${found.mtimeMs}`
  }

  /** Reads everything, also while another process writes. */
  read(): IntegrityRecords {
    return this.#parse(this.#text()).records
  }

  /**
   * Reads everything, and ends a last line that a killed studio left without its end. A file of which most lines hold no longer is
   * written again without them.
   */
  readAndMend(): IntegrityRecords {
    const text = this.#text()
    if (text !== '' && !text.endsWith('\n')) appendFileSync(this.#path, '\n')
    const { lines, records } = this.#parse(text)
    if (lines > 2 * (records.files.size + 1)) this.#replace(records)
    return records
  }

  #text(): string {
    return existsSync(this.#path) ? readFileSync(this.#path, 'utf8') : ''
  }

  #parse(all: string): { readonly lines: number; readonly records: IntegrityRecords } {
    const files = new Map<string, FileRecord>()
    let comparison: Comparison | undefined
    let lines = 0
    for (const text of all.split('\n')) {
      if (text === '') continue
      lines += 1
      const found = parse(text)
      if (found === undefined) continue
      if ('file' in found) files.set(found.file.path, found.file)
      else comparison = found.comparison
    }
    return { lines, records: { files, comparison } }
  }

  add(lines: Iterable<Line>): void {
    const handle = openSync(this.#path, 'a')
    try {
      write(handle, lines)
    } finally {
      closeSync(handle)
    }
  }

  /** The file has the old lines or the new ones whenever the studio is killed. */
  #replace({ files, comparison }: IntegrityRecords): void {
    const temporary = `${this.#path}.unfinished`
    const handle = openSync(temporary, 'w')
    try {
      write(
        handle,
        Array.from(files.values(), (file) => ({ file })),
      )
      if (comparison !== undefined) write(handle, [{ comparison }])
      fsyncSync(handle)
    } finally {
      closeSync(handle)
    }
    renameSync(temporary, this.#path)
  }
}

function write(handle: number, lines: Iterable<Line>): void {
  let waiting = ''
  for (const one of lines) {
    waiting += `${sealLine(toJson(one))}\n`
    if (waiting.length < charactersPerWrite) continue
    writeFileSync(handle, waiting)
    waiting = ''
  }
  writeFileSync(handle, waiting)
}

function parse(text: string): Line | undefined {
  if (!isWhole(text)) return undefined
  try {
    return line.safeParse(JSON.parse(text)).data
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined
    throw cause
  }
}
