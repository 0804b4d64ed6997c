// What a web page does with the hub, in the fewest words: the browser tests call it.
let api = ''
let webSocketUrl = ''
let token = ''

const call = async (method, path, body) => {
  const headers = {
    ...(token && { Authorization: `Bearer ${token}` }),
    ...(body && { 'Content-Type': 'application/json' }),
  }
  const answer = await fetch(`${api}${path}`, { method, headers, body: body && JSON.stringify(body) })
  const json = await answer.json()
  if (!answer.ok) throw new Error(json.code)
  return json
}

const untilEnd = (videoId, ticket) =>
  new Promise((end, fail) => {
    const socket = new WebSocket(`${webSocketUrl}?token=${ticket}`)
    socket.onerror = () => fail(new Error('the WebSocket was refused'))
    socket.onopen = () => socket.send('{"type":"resume","after":0}')
    socket.onmessage = ({ data }) => {
      const { type, payload } = JSON.parse(data)
      if (type === 'video_processing' && payload.videoId === videoId && payload.status !== 'processing')
        end(payload.status)
    }
  })

globalThis.frontend = {
  use: hub => {
    api = hub.restUrl
    webSocketUrl = hub.webSocketUrl
  },

  logIn: async (email, password) => {
    const { user, token: given } = await call('POST', '/auth/login', { email, password })
    token = given
    return user.id
  },

  /** Uploads a file of this page by presigned POST and waits for its end. */
  upload: async (address, title) => {
    const file = await (await fetch(address)).blob()
    const announced = {
      title,
      fileName: 'film.mp4',
      contentType: 'video/mp4',
      sizeBytes: file.size,
      language: 'en',
    }
    const { video, upload } = await call('POST', '/videos/upload', announced)
    const form = new FormData()
    for (const [name, value] of Object.entries(upload.fields)) form.append(name, value)
    form.append('file', file)
    const sent = await fetch(upload.url, { method: 'POST', body: form })
    if (!sent.ok) throw new Error(await sent.text())
    const { ticket } = await call('POST', '/ws/ticket')
    return { videoId: video.id, status: await untilEnd(video.id, ticket) }
  },

  /** Plays the video for two seconds; answers what was seen. */
  play: async videoId => {
    const { video } = await call('GET', `/videos/${videoId}`)
    const player = document.querySelector('video')
    const hls = new Hls()
    await new Promise((ready, fail) => {
      hls.on(Hls.Events.ERROR, (_, { fatal, details }) => fatal && fail(new Error(details)))
      player.onerror = () => fail(new Error(player.error.message))
      player.ontimeupdate = () => player.currentTime > 2 && ready()
      hls.loadSource(video.playbackUrl)
      hls.attachMedia(player)
      player.play().catch(fail)
    })
    const { currentTime, duration, videoWidth, videoHeight } = player
    const { totalVideoFrames } = player.getVideoPlaybackQuality()
    return { currentTime, duration, videoWidth, videoHeight, totalVideoFrames }
  },

  /** Plays an address to its end, four times as fast; answers how it ended and when. */
  playToEnd: address =>
    new Promise(done => {
      const player = document.querySelector('video')
      const hls = new Hls()
      const answer = how => {
        const { currentTime, duration, videoWidth, videoHeight } = player
        done({ how, currentTime, duration, videoWidth, videoHeight, sounds: hls.audioTracks.length })
        hls.destroy()
      }
      hls.on(Hls.Events.ERROR, (_, { fatal, details }) => fatal && answer(details))
      player.onended = () => answer('ended')
      setTimeout(() => answer('stalled'), 60_000)
      hls.loadSource(address)
      hls.attachMedia(player)
      player.play().then(() => {
        player.playbackRate = 4
      })
    }),

  /** Whether a picture of an address can be shown, as in <img src>. */
  showImage: address =>
    new Promise(shown => {
      const image = new Image()
      image.onload = () => shown(`${image.naturalWidth}x${image.naturalHeight}`)
      image.onerror = () => shown('broken')
      image.src = address
    }),
}
