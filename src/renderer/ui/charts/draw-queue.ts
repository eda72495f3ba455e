/** Longest that a frame draws charts, beyond the one that is begun. */
const drawMs = 8

/** Charts to draw again, a few in each frame. */
export interface DrawQueue {
  /** Calls `draw` once, after the next frame: what the user acts on is shown before. */
  add(draw: () => void): void
  dispose(): void
}

export function createDrawQueue(): DrawQueue {
  const waiting = new Set<() => void>()
  let frame: number | undefined
  function drawSome(): void {
    frame = undefined
    const end = performance.now() + drawMs
    for (const draw of waiting) {
      waiting.delete(draw)
      draw()
      if (performance.now() > end) break
    }
    if (waiting.size > 0) frame = requestAnimationFrame(drawSome)
  }
  return {
    add(draw) {
      waiting.add(draw)
      frame ??= requestAnimationFrame(() => {
        frame = requestAnimationFrame(drawSome)
      })
    },
    dispose() {
      waiting.clear()
      if (frame !== undefined) cancelAnimationFrame(frame)
    },
  }
}
