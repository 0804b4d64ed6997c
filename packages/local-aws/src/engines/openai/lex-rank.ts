import { type Language, termsOf } from './words.ts'

/** Sentences with their weight; `likeness` is the cosine of two of them, 0 to 1. */
export type Ranking = { scores: number[]; likeness: (a: number, b: number) => number }

const DAMPING = 0.85
const LEAST_LIKENESS = 0.05
const ROUNDS = 20

type Vector = Map<string, number>

const vectorsOf = (texts: string[], language: Language): Vector[] => {
  const terms = texts.map(text => termsOf(text, language))
  const documents = new Map<string, number>()
  for (const list of terms)
    for (const term of new Set(list)) documents.set(term, (documents.get(term) ?? 0) + 1)
  return terms.map(list => {
    const vector: Vector = new Map()
    for (const term of list)
      vector.set(term, (vector.get(term) ?? 0) + Math.log(1 + texts.length / documents.get(term)!))
    const length = Math.hypot(...vector.values()) || 1
    for (const [term, weight] of vector) vector.set(term, weight / length)
    return vector
  })
}

const dot = (a: Vector, b: Vector): number => {
  const [few, many] = a.size < b.size ? [a, b] : [b, a]
  let sum = 0
  for (const [term, weight] of few) sum += weight * (many.get(term) ?? 0)
  return sum
}

type Neighbours = { to: Int32Array; weights: Float32Array; total: number }

// Pairs are found through the terms they share: sentences without one are never compared.
const neighboursOf = (vectors: Vector[]): Neighbours[] => {
  const holders = new Map<string, { sentence: number; weight: number }[]>()
  for (const [sentence, vector] of vectors.entries())
    for (const [term, weight] of vector) {
      const list = holders.get(term)
      if (list) list.push({ sentence, weight })
      else holders.set(term, [{ sentence, weight }])
    }
  const cosines = new Float32Array(vectors.length)
  return vectors.map((vector, i) => {
    cosines.fill(0)
    for (const [term, weight] of vector)
      for (const other of holders.get(term)!) cosines[other.sentence]! += weight * other.weight
    cosines[i] = 0
    const to = Int32Array.from([...cosines.keys()].filter(other => cosines[other]! >= LEAST_LIKENESS))
    const weights = Float32Array.from(to, other => cosines[other]!)
    return { to, weights, total: weights.reduce((sum, weight) => sum + weight, 0) }
  })
}

/**
 * LexRank (Erkan and Radev, 2004): a sentence counts that many others which count are like, over
 * TF-IDF cosines.
 */
export const lexRank = (texts: string[], language: Language): Ranking => {
  const vectors = vectorsOf(texts, language)
  const neighbours = neighboursOf(vectors)
  const base = (1 - DAMPING) / Math.max(1, texts.length)
  let scores = texts.map(() => 1 / texts.length)
  for (let round = 0; round < ROUNDS; round++) {
    const next = texts.map(() => base)
    for (const [from, { to, weights, total }] of neighbours.entries()) {
      const given = (DAMPING * scores[from]!) / total
      for (let n = 0; n < to.length; n++) next[to[n]!]! += given * weights[n]!
    }
    scores = next
  }
  // A piece of three words is rarely a statement, whatever it is like.
  const full = 6
  scores = scores.map((score, i) => score * Math.min(1, (vectors[i]!.size + 1) / full))
  return { scores, likeness: (a, b) => dot(vectors[a]!, vectors[b]!) }
}

const SAME_STATEMENT = 0.6

/** The best of `among` that says nothing that `taken` says already; just the best when all do. */
const bestOf = ({ scores, likeness }: Ranking, among: number[], taken: number[]): number | undefined => {
  const byScore = among.filter(i => !taken.includes(i)).sort((a, b) => scores[b]! - scores[a]! || a - b)
  return byScore.find(i => taken.every(other => likeness(i, other) < SAME_STATEMENT)) ?? byScore[0]
}

/**
 * One for each of `count` stretches of about equal length of text, so that they spread over the
 * whole. Ascending.
 */
export const pickSpread = (ranking: Ranking, lengths: number[], count: number): number[] => {
  const total = lengths.reduce((sum, length) => sum + length, 0)
  let before = 0
  const stretches = Map.groupBy(lengths.keys(), i => {
    const middle = before + lengths[i]! / 2
    before += lengths[i]!
    return Math.min(count - 1, Math.floor((middle / Math.max(1, total)) * count))
  })
  const picked: number[] = []
  for (const [, stretch] of [...stretches].sort(([a], [b]) => a - b))
    picked.push(bestOf(ranking, stretch, picked)!)
  while (picked.length < Math.min(count, lengths.length))
    picked.push(bestOf(ranking, [...lengths.keys()], picked)!)
  return picked.sort((a, b) => a - b)
}

/** The `count` most important of all, no two alike. Ascending. */
export const pickBest = (ranking: Ranking, count: number): number[] => {
  const picked: number[] = []
  while (picked.length < Math.min(count, ranking.scores.length))
    picked.push(bestOf(ranking, [...ranking.scores.keys()], picked)!)
  return picked.sort((a, b) => a - b)
}
