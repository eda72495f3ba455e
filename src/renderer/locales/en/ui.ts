export default {
  ago: { now: 'just now', minutes: '{minutes} min ago', hours: '{hours} h ago', days: '{days} d ago' },
  duration: { ms: '{value} ms', s: '{value} s', min: '{value} min', h: '{value} h', d: '{value} d' },
  undo: 'Undo',
} as const
