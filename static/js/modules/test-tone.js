// Three notes, made by the browser: whoever hears them will hear the recordings.

const NOTES_HZ = [523.25, 659.25, 783.99];
const NOTE_SECONDS = 0.35;
const LOUDNESS = 0.25;

/**
 * Play the notes.
 * @param {typeof AudioContext | undefined} Context
 * @returns {Promise<boolean>} whether the browser played them
 */
export async function playNotes(Context) {
  if (!Context) return false;
  const context = new Context();
  try {
    await context.resume();
    const ends = NOTES_HZ.map((hertz, index) => note(context, hertz, index * NOTE_SECONDS));
    await Promise.all(ends);
    return true;
  } catch {
    return false;
  } finally {
    void context.close();
  }
}

/**
 * @param {AudioContext} context
 * @param {number} hertz
 * @param {number} delay seconds
 */
function note(context, hertz, delay) {
  const begin = context.currentTime + delay;
  const oscillator = context.createOscillator();
  const gain = context.createGain();
  oscillator.frequency.value = hertz;
  // Fading in and out avoids clicks.
  gain.gain.setValueAtTime(0, begin);
  gain.gain.linearRampToValueAtTime(LOUDNESS, begin + 0.03);
  gain.gain.linearRampToValueAtTime(0, begin + NOTE_SECONDS);
  oscillator.connect(gain).connect(context.destination);
  oscillator.start(begin);
  oscillator.stop(begin + NOTE_SECONDS);
  return new Promise((resolve) => {
    oscillator.onended = resolve;
  });
}
