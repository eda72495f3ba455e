import type { MediaExtent, Source } from './source.ts'

const lineBytes = 256

/** Extent of the frames of a YUV4MPEG2 file: each is a line `FRAME` and as many bytes as the header says. */
export function y4mExtent(source: Source): MediaExtent | undefined {
  const header = lineAt(source, 0)
  const bytes = header === undefined ? undefined : frameBytes(header)
  if (header === undefined || bytes === undefined) return undefined
  let position = header.length + 1
  while (position < source.size) {
    const line = lineAt(source, position)
    if (line === undefined) return { end: source.size + 1, unit: 'picture' }
    if (!line.startsWith('FRAME')) return undefined
    position += line.length + 1 + bytes
  }
  return { end: position, unit: 'picture' }
}

/** The line at a position without its end; undefined if it does not end. */
function lineAt(source: Source, position: number): string | undefined {
  const [line, ...rest] = source.read(position, lineBytes).toString('latin1').split('\n')
  return rest.length === 0 ? undefined : line
}

/** Pixels, across and down, that share one value in each of the two colour planes. */
const chroma: Readonly<Record<string, readonly [across: number, down: number]>> = {
  '420': [2, 2],
  '411': [4, 1],
  '422': [2, 1],
  '444': [1, 1],
}

/** Bytes of one frame; undefined if the header does not say, or has another colour space. */
function frameBytes(header: string): number | undefined {
  const field = (letter: string) =>
    header
      .split(' ')
      .find((word, index) => index > 0 && word.startsWith(letter))
      ?.slice(1)
  const [width, height, space = '420'] = [Number(field('W')), Number(field('H')), field('C')]
  const [, sampling, depth = '8'] = /^(mono|4\d\d)(?:(?:jpeg|mpeg2|paldv)|p?(9|10|12|14|16))?$/.exec(space) ?? []
  const block = sampling === 'mono' ? undefined : chroma[sampling ?? '']
  if (!(width > 0 && height > 0) || sampling === undefined || (block === undefined && sampling !== 'mono'))
    return undefined
  const perPlane = block === undefined ? 0 : Math.ceil(width / block[0]) * Math.ceil(height / block[1])
  return (width * height + 2 * perPlane) * (Number(depth) > 8 ? 2 : 1)
}
