import { closeSync, openSync, readSync, statSync, type Stats } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { type ByteRange, listTar, type TarListing, type TarMember } from './tar.ts'

/** A video that is a file in a tar file: `shards/train-000000.tar/000123.mp4`. */
export interface MemberPath {
  readonly archive: string
  /** With forward slashes. */
  readonly name: string
}

/** The content of a video: a file, or a part of a tar file. */
export interface VideoBytes extends ByteRange {
  readonly file: string
  /** Those of `file`. */
  readonly facts: Stats
}

const memberPath = /^(.*?\.tar)[\\/](.+)$/i

/** The tar file and the name in it that a path means by its letters alone; a folder may be called like a tar file too. */
export function memberPathOf(path: string): MemberPath | undefined {
  const [, archive, name] = memberPath.exec(path) ?? []
  return archive === undefined || name === undefined ? undefined : { archive, name: name.replaceAll('\\', '/') }
}

/** Thrown for a tar file that does not have the wanted file, as the system does for a folder. */
class NoSuchMember extends Error {
  readonly code = 'ENOENT'
}

/**
 * Where the content of a video in a tar file is; undefined if the path does not lead into one.
 * @throws a system error if the tar file cannot be read; one with the code `ENOENT` if it does not have the file
 */
export function findMember(path: string): VideoBytes | undefined {
  const member = memberPathOf(path)
  if (member === undefined) return undefined
  const facts = statSync(member.archive)
  if (!facts.isFile()) return undefined
  return bytesOf(
    member,
    facts,
    known(member.archive, facts) ?? remember(member.archive, facts, readTar(member.archive)),
  )
}

/** The same without blocking. */
export async function locateMember(path: string): Promise<VideoBytes | undefined> {
  const member = memberPathOf(path)
  if (member === undefined) return undefined
  const facts = await stat(member.archive)
  if (!facts.isFile()) return undefined
  const found =
    known(member.archive, facts) ?? remember(member.archive, facts, await readTarAsync(member.archive, facts.size))
  return bytesOf(member, facts, found)
}

/**
 * The files of a tar file; undefined if it is none.
 * @throws a system error if it cannot be read
 */
export function readTar(archive: string): TarListing | undefined {
  const handle = openSync(archive, 'r')
  try {
    const listing = listTar(statSync(archive).size)
    let step = listing.next()
    while (step.done !== true) step = listing.next(readRange(handle, step.value))
    return step.value
  } finally {
    closeSync(handle)
  }
}

/** The content of a small member. */
export function readMember(handle: number, member: ByteRange): Buffer {
  return readRange(handle, member)
}

async function readTarAsync(archive: string, size: number): Promise<TarListing | undefined> {
  await using handle = await open(archive)
  const listing = listTar(size)
  let step = listing.next()
  while (step.done !== true) step = listing.next(await readRangeAsync(handle, step.value))
  return step.value
}

function readRange(handle: number, { position, length }: ByteRange): Buffer {
  const buffer = Buffer.alloc(length)
  return buffer.subarray(0, readSync(handle, buffer, 0, length, position))
}

async function readRangeAsync(handle: FileHandle, { position, length }: ByteRange): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(length), position })
  return buffer.subarray(0, bytesRead)
}

type Members = ReadonlyMap<string, TarMember>

/** Members of the tar files that were used last, up to a number that takes some tens of mebibytes. */
const members = new Map<string, { readonly stamp: string; readonly byName: Members }>()
const mostMembers = 250_000

const stampOf = ({ ino, size, mtimeMs, ctimeMs }: Stats): string => [ino, size, mtimeMs, ctimeMs].join(' ')

function known(archive: string, facts: Stats): Members | undefined {
  const entry = members.get(archive)
  if (entry === undefined) return undefined
  members.delete(archive)
  if (entry.stamp !== stampOf(facts)) return undefined
  members.set(archive, entry)
  return entry.byName
}

function remember(archive: string, facts: Stats, listing: TarListing | undefined): Members {
  const byName = new Map((listing?.members ?? []).map((member) => [member.name, member]))
  members.set(archive, { stamp: stampOf(facts), byName })
  let count = [...members.values()].reduce((sum, entry) => sum + entry.byName.size, 0)
  for (const [oldest, entry] of members) {
    if (count <= mostMembers || oldest === archive) break
    members.delete(oldest)
    count -= entry.byName.size
  }
  return byName
}

function bytesOf({ archive, name }: MemberPath, facts: Stats, byName: Members): VideoBytes {
  const member = byName.get(name)
  if (member === undefined) throw new NoSuchMember(`${archive} has no file ${name}`)
  return { file: archive, facts, position: member.position, length: member.length }
}
