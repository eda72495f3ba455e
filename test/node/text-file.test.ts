import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { assert, property, string } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { StudioError } from '#contract/api/errors.ts'
import { decodeText, readUnicode } from '#node/text-file.ts'
import { temporaryFolder } from '../main/support.ts'

const text = 'path,split,class\nv0.mp4,train,fällen\nv1.mp4,test,füllen\n'
const utf16 = Buffer.from(text, 'utf16le')
const swapped = Buffer.from(utf16).swap16()
const windows1252 = Buffer.from(text.replace('füllen', '\x93füllen\x94 \x80'), 'latin1')

function refused(bytes: Uint8Array): string {
  try {
    decodeText(bytes, '/data/labels.csv')
  } catch (cause) {
    if (cause instanceof StudioError) return `${cause.message} ${cause.hint}`
    throw cause
  }
  return 'nothing'
}

describe('a text', () => {
  test.each([
    ['UTF-8', Buffer.from(text)],
    ['UTF-8 with a byte order mark', Buffer.from(`\uFEFF${text}`)],
    ['UTF-16 (little endian)', Buffer.from(`\uFEFF${text}`, 'utf16le')],
    ['UTF-16 (big endian)', Buffer.from(`\uFEFF${text}`, 'utf16le').swap16()],
    ['UTF-16 (little endian)', utf16],
    ['UTF-16 (big endian)', swapped],
  ])('in %s is decoded without a guess', (encoding, bytes) =>
    expect(decodeText(bytes, 'labels.csv')).toEqual({ text, encoding, isGuessed: false }),
  )

  test('in Windows-1252 keeps its letters, also those that ISO-8859-1 lacks', () =>
    expect(decodeText(windows1252, 'labels.csv')).toEqual({
      text: text.replace('füllen', '“füllen” €'),
      encoding: 'windows-1252',
      isGuessed: true,
    }))

  test('in another encoding keeps different names different', () => {
    const cyrillic = Buffer.from([0xf1, 0xf2, 0xf3, 0xeb, 0x0a, 0xf1, 0xf2, 0xee, 0xeb])
    const [first, second] = decodeText(cyrillic, 'labels.csv').text.split('\n')
    expect(first).not.toBe(second)
  })

  test('that cannot be decoded is refused', () => {
    expect(refused(Buffer.concat([Buffer.from(`${text}größe,`), Buffer.from([0xfc, 0x0a])]))).toBe(
      '/data/labels.csv, line 4 is not valid UTF-8. Save the file as UTF-8.',
    )
    expect(refused(Buffer.from('path,split\nf\uFFFDllen,train'))).toBe(
      '/data/labels.csv, line 2: a letter was replaced by U+FFFD when the file was saved in a wrong encoding. Restore the letters from the original file, and save it as UTF-8.',
    )
    expect(refused(Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from([0x00, 0xd8, 0x41, 0x00])]))).toBe(
      '/data/labels.csv is not valid UTF-16 (little endian). Save the file as UTF-8.',
    )
    expect(refused(Buffer.from('path,split\0,class'))).toContain('not a text file')
    expect(refused(Buffer.from([0x50, 0x81, 0x8d, 0x8f, 0x90, 0x9d, 0x01]))).toContain(
      'The encoding of /data/labels.csv cannot be recognised.',
    )
  })

  test('of any letters in UTF-8 or UTF-16 comes back the same', () => {
    const letters = string({ unit: 'grapheme' }).filter((name) => !/[\0\uFFFD\uFEFF]/.test(name))
    assert(
      property(letters, (name) => {
        const line = `path,split,${name}\n`
        expect(decodeText(Buffer.from(line), 'x').text).toBe(line)
        expect(decodeText(Buffer.from(`\uFEFF${line}`, 'utf16le'), 'x').text).toBe(line)
      }),
    )
  })
})

test('a JSON file is read with a byte order mark and refused in another encoding', () => {
  const file = join(temporaryFolder(), 'a.json')
  writeFileSync(file, '\uFEFF{}')
  expect(readUnicode(file)).toBe('{}')
  writeFileSync(file, Buffer.from('{"name": "fällen"}', 'latin1'))
  expect(() => readUnicode(file)).toThrow(`${file} is not UTF-8.`)
})
