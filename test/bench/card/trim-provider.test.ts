import { expect, test } from 'vitest'
import { trimProvider } from '../../../bench/card/trim-provider.ts'

interface Entry {
  readonly kind: 1 | 2
  readonly architecture: number
  readonly body: string
}

/** A container of GPU code, as compilers write it. */
function container(entries: readonly Entry[]): Buffer {
  const bodies = entries.map(({ kind, architecture, body }) => {
    const header = Buffer.alloc(64)
    header.writeUInt16LE(kind)
    header.writeUInt32LE(64, 4)
    header.writeBigUInt64LE(BigInt(body.length), 8)
    header.writeUInt32LE(architecture, 28)
    return Buffer.concat([header, Buffer.from(body)])
  })
  const content = Buffer.concat(bodies)
  const header = Buffer.alloc(16)
  header.writeUInt32LE(0xba55ed50)
  header.writeUInt16LE(16, 6)
  header.writeBigUInt64LE(BigInt(content.length), 8)
  return Buffer.concat([header, content])
}

/** An ELF file whose only sections are `name` and the names of sections. */
function library(name: string, content: Buffer): Buffer {
  const names = Buffer.from(`\0${name}\0.shstrtab\0`)
  const table = 64 + content.length + names.length
  const file = Buffer.alloc(table + 2 * 64)
  file.writeBigUInt64LE(BigInt(table), 0x28)
  for (const [at, value] of [
    [0x3a, 64],
    [0x3c, 2],
    [0x3e, 1],
  ] as const)
    file.writeUInt16LE(value, at)
  content.copy(file, 64)
  names.copy(file, 64 + content.length)
  for (const [index, [nameAt, offset, size]] of [
    [1, 64, content.length],
    [2 + name.length, 64 + content.length, names.length],
  ].entries() as Iterable<[number, [number, number, number]]>) {
    file.writeUInt32LE(nameAt, table + 64 * index)
    file.writeBigUInt64LE(BigInt(offset), table + 64 * index + 24)
    file.writeBigUInt64LE(BigInt(size), table + 64 * index + 32)
  }
  return file
}

const entries: readonly Entry[] = [
  { kind: 2, architecture: 80, body: 'code for 8.0 ' },
  { kind: 2, architecture: 90, body: 'code for 9.0' },
  { kind: 1, architecture: 90, body: 'assembly for 9.0' },
]

test('code of other architectures becomes zeros, in every container; sizes and headers stay', () => {
  const padding = Buffer.alloc(24)
  const file = library('.nv_fatbin', Buffer.concat([container(entries), padding, container(entries)]))
  const length = file.length
  expect(trimProvider(file, 90)).toEqual({ keptBytes: 24, blankedBytes: 2 * (13 + 16) })
  expect(file.length).toBe(length)
  const text = file.toString('latin1')
  expect(text.split('code for 9.0')).toHaveLength(3)
  expect(text).not.toMatch(/code for 8\.0|assembly/)
  // Trimming it again finds the same containers.
  expect(trimProvider(file, 90).keptBytes).toBe(24)
})

test('a library without code for the architecture, or without any, is refused', () => {
  expect(() => trimProvider(library('.nv_fatbin', container(entries)), 120)).toThrow(
    'The library has no code for compute capability 12.',
  )
  expect(() => trimProvider(library('.text', container(entries)), 90)).toThrow('The library has no section .nv_fatbin.')
})
