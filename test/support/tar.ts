import { writeFileSync } from 'node:fs'

/** A member of a tar file. */
export interface TarEntry {
  readonly name: string
  readonly content: Uint8Array | string
  /** The type of its header: a regular file by default. */
  readonly type?: string
  /** Bytes that stand in for the name. */
  readonly nameBytes?: Uint8Array
}

/** The bytes of a tar file (ustar), written from its description in POSIX.1-1988. `isEnded` is false for one without its mark at the end. */
export function tarOf(entries: readonly TarEntry[], isEnded = true): Buffer {
  const blocks = entries.flatMap(({ name, content, type = '0', nameBytes }) => {
    const bytes = Buffer.from(content)
    const header = Buffer.alloc(512)
    Buffer.from(nameBytes ?? Buffer.from(name)).copy(header, 0, 0, 100)
    header.write('0000644\0', 100)
    header.write(`${bytes.length.toString(8).padStart(11, '0')}\0`, 124)
    header.write('00000000000\0', 136)
    header.write('        ', 148)
    header.write(type, 156)
    header.write('ustar\0', 257)
    header.write('00', 263)
    const sum = header.reduce((total, byte) => total + byte, 0)
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
    return [header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]
  })
  return Buffer.concat([...blocks, ...(isEnded ? [Buffer.alloc(1024)] : [])])
}

/** A record of pax: `LENGTH KEY=VALUE` and a line feed, whose length counts itself. */
export function paxRecord(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`)
  const length = [1, 2, 3, 4].map((digits) => rest + digits).find((total) => String(total).length === total - rest)
  return `${length} ${key}=${value}\n`
}

export const writeTar = (file: string, entries: readonly TarEntry[]): void => writeFileSync(file, tarOf(entries))
