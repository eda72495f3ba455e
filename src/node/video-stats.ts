import { createHash } from 'node:crypto'
import { readdirSync, type Stats, statSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { systemCode } from '#contract/api/errors.ts'
import { framesOfVideo } from './frame-pictures.ts'
import { findMember, locateMember, type VideoBytes } from './tar-members.ts'

/** Size and time of a video: of its file, of the pictures in its folder, or of its part of a tar file. */
export interface VideoStats {
  /** Whether it is a file or a folder; a pipe, for example, is neither. */
  readonly isVideo: boolean
  /** Of all pictures together. */
  readonly sizeBytes: number
  /** The last change of the file or tar file, or of the folder: one that is added, removed or renamed. */
  readonly modifiedAtMs: number
  /** What differs after every change: identities, sizes and times. */
  readonly stamp: string
}

type FileStats = Pick<Stats, 'ino' | 'size' | 'mtimeMs' | 'ctimeMs' | 'isFile' | 'isDirectory'>

/** @throws a system error if something cannot be read */
export function statVideo(path: string): VideoStats {
  const member = findMember(path)
  if (member !== undefined) return ofMember(member)
  const facts = statSync(path)
  if (!facts.isDirectory()) return ofFile(facts)
  const { names } = framesOfVideo(readdirSync(path))
  return ofFolder(
    facts,
    names,
    names.map((name) => statSync(join(path, name))),
  )
}

/** The same without blocking, with one system call at a time. */
export async function readVideoStats(path: string): Promise<VideoStats> {
  const member = await locateMember(path)
  if (member !== undefined) return ofMember(member)
  const facts = await stat(path)
  if (!facts.isDirectory()) return ofFile(facts)
  const { names } = framesOfVideo(await readdir(path))
  const pictures: FileStats[] = []
  for (const name of names) pictures.push(await stat(join(path, name)))
  return ofFolder(facts, names, pictures)
}

/** Whether a video is there. */
export function videoExists(path: string): boolean {
  try {
    statVideo(path)
    return true
  } catch (cause) {
    if (systemCode(cause) === undefined) throw cause
    return false
  }
}

const stampOf = ({ ino, size, mtimeMs, ctimeMs }: FileStats): string => [ino, size, mtimeMs, ctimeMs].join(' ')

const ofFile = (facts: FileStats): VideoStats => ({
  isVideo: facts.isFile(),
  sizeBytes: facts.size,
  modifiedAtMs: facts.mtimeMs,
  stamp: stampOf(facts),
})

const ofMember = ({ facts, position, length }: VideoBytes): VideoStats => ({
  isVideo: true,
  sizeBytes: length,
  modifiedAtMs: facts.mtimeMs,
  stamp: `${stampOf(facts)} ${position} ${length}`,
})

function ofFolder(folder: FileStats, names: readonly string[], pictures: readonly FileStats[]): VideoStats {
  const hash = createHash('sha256')
  for (const [index, picture] of pictures.entries()) hash.update(`${names[index]} ${stampOf(picture)}\n`)
  return {
    isVideo: true,
    sizeBytes: pictures.reduce((sum, { size }) => sum + size, 0),
    modifiedAtMs: pictures.reduce((latest, { mtimeMs }) => Math.max(latest, mtimeMs), folder.mtimeMs),
    stamp: hash.digest('hex'),
  }
}
