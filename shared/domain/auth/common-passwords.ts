// The commonest entries in lists of leaked passwords, without the digits and marks that people put
// around the word. Vietnamese ones are written without accents.
const WORDS = new Set(
  `
  password passwd passwort pass letmein welcome admin administrator root login guest user default master secret changeme access test testing testtest
  qwerty qwertyui qwertyuiop qwert asdf asdfgh asdfghjk asdfghjkl zxcvbn zxcvbnm qazwsx qazwsxedc qweasd qweasdzxc qwaszx azerty
  abc abcd abcdef abcdefg abcdefgh aaa iloveyou loveyou lovely love loveme iloveu ilove monkey dragon shadow sunshine princess football baseball basketball
  soccer hockey superman batman spiderman starwars pokemon naruto michael jennifer jordan jessica ashley michelle samantha nicole daniel thomas joshua andrew
  matthew robert charlie george hunter harley ranger thunder maverick mustang corvette ferrari porsche mercedes yamaha honda suzuki samsung iphone google
  facebook youtube twitter instagram internet computer whatever trustno trustnoone freedom hello helloworld killer cookie chocolate butterfly flower
  summer winter spring autumn january february march april june july august september october november december monday friday sunday
  liverpool chelsea arsenal barcelona realmadrid manchester manutd juventus america canada france london paris berlin vietnam hanoi saigon
  pepper ginger banana orange cheese summertime snoopy tigger tiger lion eagle falcon phoenix diamond silver golden purple yellow rainbow
  jesus jesuschrist blessed angel angels heaven godisgood faith family forever friends babygirl babyboy mother father
  asdasd asdasdasd qweqwe zxczxc passpass matkhau matkhaumoi anhyeuem emyeuanh yeuem yeuanh toiyeuban vietnamvodich hoilamgi khongbiet khongcopass
  songlong ngocanh thuyduong minhanh nguyenvan hoanganh quochung motconvit conyeume meyeucon tinhyeu giadinh hanhphuc sinhvien mothaiba
  system server oracle mysql postgres database cisco linux windows ubuntu apple microsoft gamer player fortnite minecraft roblox
  `
    .trim()
    .split(/\s+/),
)

const ROWS = [
  '01234567890123456789',
  '98765432109876543210',
  'abcdefghijklmnopqrstuvwxyz',
  'qwertyuiop',
  'asdfghjkl',
  'zxcvbnm',
  '1qaz2wsx3edc4rfv5tgb',
  '1q2w3e4r5t6y7u8i9o0p',
]

const LOOKALIKES: Record<string, string> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
  '!': 'i',
}

const fold = (text: string): string =>
  text.normalize('NFD').replace(/\p{M}/gu, '').replace(/đ/gi, 'd').toLowerCase()

const bare = (text: string): string => text.replace(/^[^a-z]+|[^a-z]+$/g, '')

const spelled = (text: string): string => [...text].map(letter => LOOKALIKES[letter] ?? letter).join('')

/** 'aaaaaaaa', '12121212', 'abcabcabc' */
const isRepetition = (text: string): boolean => /^(.{1,4})\1+$/s.test(text)

const isKeyboardWalk = (text: string): boolean =>
  ROWS.some(row => row.includes(text)) || /^(\d)\1*(\d)\2*$/.test(text)

/**
 * True for passwords that are tried first: the commonest words with whatever digits and marks
 * around them, also with letters swapped for lookalikes; repetitions; walks over the keyboard;
 * eight digits, which are mostly dates; and the account's own address.
 */
export const isCommonPassword = (password: string, { email = '' }: { email?: string } = {}): boolean => {
  const folded = fold(password)
  const address = fold(email)
  const localPart = address.split('@')[0] ?? ''
  if (localPart && [address, localPart].some(own => folded === own || bare(folded) === own)) return true
  const words = [folded, bare(folded), spelled(folded), spelled(bare(folded)), bare(spelled(folded))]
  return (
    words.some(word => WORDS.has(word)) ||
    isRepetition(folded) ||
    isKeyboardWalk(folded) ||
    /^\d{8}$/.test(folded)
  )
}
