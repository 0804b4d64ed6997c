// Plays one video with its captions and storyboard. The address is #<video id>.<playback token>:
// what follows the # is sent to no server and stands in no log.
const [, id, token] = /^#([0-9a-f-]{36})\.(.+)$/.exec(location.hash) ?? []
const player = document.querySelector('video')
const [captions, seek, played, tile, message] = ['captions', 'seek', 'played', 'tile', 'message'].map(name =>
  document.getElementById(name),
)
const say = text => {
  message.textContent = text
}
const playback = name => `videos/${id}/playback/${name}?token=${encodeURIComponent(token)}`

/** The cues of a WebVTT file, as the browser itself reads them. */
const readCues = async name => {
  const answer = await fetch(playback(name))
  if (!answer.ok) return []
  const track = document.createElement('track')
  track.kind = 'metadata'
  track.src = URL.createObjectURL(new Blob([await answer.text()], { type: 'text/vtt' }))
  player.append(track)
  track.track.mode = 'hidden'
  await new Promise(done => {
    track.onload = done
    track.onerror = done
  })
  return [...(track.track.cues ?? [])]
}

const showCaptions = async () => {
  const answer = await fetch(playback('captions.vtt'))
  if (!answer.ok) return
  captions.src = URL.createObjectURL(new Blob([await answer.text()], { type: 'text/vtt' }))
  captions.track.mode = 'showing'
}

const seconds = event => {
  const { left, width } = seek.getBoundingClientRect()
  return Math.min(1, Math.max(0, (event.clientX - left) / width)) * player.duration
}

const showStoryboard = async () => {
  const tiles = await readCues('storyboard.vtt')
  seek.onpointermove = event => {
    const time = seconds(event)
    const cue = tiles.find(({ startTime, endTime }) => time >= startTime && time < endTime)
    const [, picture, x, y, width, height] = /^(.+)#xywh=(\d+),(\d+),(\d+),(\d+)$/.exec(cue?.text ?? '') ?? []
    tile.hidden = !picture
    if (!picture) return
    Object.assign(tile.style, {
      left: `${(time / player.duration) * 100}%`,
      width: `${width}px`,
      height: `${height}px`,
      background: `url("${picture}") -${x}px -${y}px`,
    })
  }
  seek.onpointerleave = () => {
    tile.hidden = true
  }
}

const start = () => {
  if (!id) return say('This address leads to no video.')
  const master = playback('master.m3u8')
  const refused = () => say('This link does not play any more. Load the video again for a new one.')
  if (Hls.isSupported()) {
    // The captions are the page's own: the player must not switch them off.
    const none = { subtitleTrackController: undefined, subtitleStreamController: undefined }
    const hls = new Hls({ ...none, timelineController: undefined })
    hls.on(Hls.Events.ERROR, (_, { fatal }) => fatal && refused())
    hls.loadSource(master)
    hls.attachMedia(player)
  } else {
    player.onerror = refused
    player.src = master
  }
  player.ontimeupdate = () => {
    played.style.width = `${(player.currentTime / player.duration) * 100}%`
    seek.ariaValueNow = String(Math.round(player.currentTime))
  }
  seek.onclick = event => {
    player.currentTime = seconds(event)
  }
  seek.onkeydown = ({ key }) => {
    if (key === 'ArrowLeft') player.currentTime -= 5
    if (key === 'ArrowRight') player.currentTime += 5
  }
  showCaptions()
  showStoryboard()
}

start()
