/** Tokens along time, rows and columns. */
export type Grid = readonly [time: number, rows: number, columns: number]

/**
 * Table [time x rows x columns, width] of the student, its decoders and the classifier: the first quarter of the channels
 * encodes time, the next three eighths the column, the last three eighths the row. `width` is a multiple of 16.
 */
export function spaceTimePositions(width: number, grid: Grid): Float32Array {
  const [time, rows, columns] = grid
  const timePart = width / 4
  const spacePart = (width - timePart) / 2
  const table = new Float32Array(time * rows * columns * width)
  let offset = 0
  for (let t = 0; t < time; t++) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        writeSineCosine(table, offset, timePart, t)
        writeSineCosine(table, offset + timePart, spacePart, column)
        writeSineCosine(table, offset + timePart + spacePart, spacePart, row)
        offset += width
      }
    }
  }
  return table
}

/** Table [1 + side x side, width] of MAE: a zero row for the class token, then half of the channels for the column and half for the row. */
export function imagePositions(width: number, side: number): Float32Array {
  const table = new Float32Array((1 + side * side) * width)
  let offset = width
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      writeSineCosine(table, offset, width / 2, column)
      writeSineCosine(table, offset + width / 2, width / 2, row)
      offset += width
    }
  }
  return table
}

/** Table [tokens, width] of VideoMAE over the flat token index: sines at even channels, cosines at odd ones (Vaswani et al. 2017). */
export function flatPositions(width: number, tokens: number): Float32Array {
  const table = new Float32Array(tokens * width)
  for (let channel = 0; channel < width; channel++) {
    const wavelength = 10000 ** ((2 * Math.floor(channel / 2)) / width)
    const wave = channel % 2 === 0 ? Math.sin : Math.cos
    for (let token = 0; token < tokens; token++) table[token * width + channel] = wave(token / wavelength)
  }
  return table
}

/** Writes `size` channels for one coordinate: all sines, then all cosines, at frequencies 10000^(-i / (size / 2)). */
function writeSineCosine(table: Float32Array, offset: number, size: number, coordinate: number): void {
  const half = size / 2
  for (let i = 0; i < half; i++) {
    const angle = coordinate * 10000 ** (-i / half)
    table[offset + i] = Math.sin(angle)
    table[offset + half + i] = Math.cos(angle)
  }
}
