// Comments for samples/medborgarpulsen.mjs, by area or service and tonality. Written for it; nobody said them.

export const TEXTS = {
  handlaggare: {
    positiv: [
      'Hon som svarade var så vänlig och visste precis vart jag skulle vända mig.',
      'Jättetrevlig kille, han tog sig tid och förklarade allt två gånger.',
      'Jag blev väldigt väl bemött och fick svar direkt.',
      'Han lyssnade färdigt innan han svarade, det är man inte bortskämd med.',
      'Kunnig och lugn person, det kändes tryggt.',
    ],
    skeptisk: [
      'Hon var väl trevlig men verkade inte riktigt säker på vad som gäller.',
      'Han lovade att någon ska höra av sig, så vi får väl se om det händer.',
      'Helt okej bemötande men jag är inte övertygad om att svaret stämmer.',
    ],
    negativ: [
      'Personen jag pratade med var kort i tonen och ville bara bli av med mig.',
      'Ingen kunde svara, jag blev kopplad fram och tillbaka tre gånger.',
      'Jag kände mig inte lyssnad på över huvud taget.',
    ],
  },
  digitala_tjanster: {
    positiv: ['E-tjänsten var enkel, jag var klar på fem minuter.', 'Bra att man kan följa sitt ärende på hemsidan nu.'],
    skeptisk: ['Hemsidan ser fin ut men jag hittar inte det jag söker, man får leta en del.', 'Appen fungerar ibland, vi får se efter uppdateringen.'],
    negativ: [
      'Det går inte att logga in med bank-id, sidan bara snurrar.',
      'Blanketten på hemsidan försvann när jag tryckte på skicka, så jag fick börja om.',
      'Man hittar ingenting på den nya webbplatsen.',
    ],
  },
  tid: {
    positiv: ['Jag kom fram direkt, det gick fort och smidigt.', 'De ringde upp samma dag som de lovade.'],
    skeptisk: ['Tjugo minuter i kö är väl som det är, men det kunde gå snabbare.', 'De sa fyra veckor, det tror jag när jag ser det.'],
    negativ: ['Jag satt i telefonkö i femtio minuter och sedan bröts samtalet.', 'Tre månader har jag väntat på besked, det är alldeles för länge.'],
  },
  helhet: {
    positiv: ['Allt fungerade bra, jag är nöjd.', 'Mycket bra service från kommunen, tack så mycket.', 'Det blev löst på en gång, toppen.'],
    skeptisk: ['Det var väl varken bra eller dåligt.', 'Jag vet inte riktigt vad jag ska tycka, det återstår att se.'],
    negativ: ['Jag är besviken, det här fungerar inte som det ska.', 'Nej, det här var inget bra alls.'],
  },
  forskola_skola: {
    positiv: ['Vi fick förskoleplats nära hemma redan i augusti, det är vi så glada för.', 'Skolan tog tag i det direkt när vi hörde av oss.'],
    skeptisk: ['Vi fick en plats till slut men på andra sidan stan, så jag vet inte.'],
    negativ: ['Barngruppen är alldeles för stor och personalen byts ut hela tiden.', 'Skolskjutsen har inte kommit på hela veckan.'],
  },
  omsorg_stod: {
    positiv: ['Hemtjänsten för min mamma fungerar jättefint.'],
    skeptisk: ['Hemtjänsten säger att det ska bli bättre, men det har de sagt förut.'],
    negativ: ['Det kommer olika personer från hemtjänsten varje dag, mamma blir orolig.'],
  },
  gata_park_trafik: {
    positiv: ['Lampan på vår gata var lagad redan dagen efter att jag ringde.'],
    skeptisk: ['De har lappat hålet i vägen, men det håller nog inte över vintern.'],
    negativ: ['Plogbilen har inte varit här på hela vintern, man kommer inte fram med rullatorn.'],
  },
  bygg_miljo: {
    positiv: ['Bygglovet gick igenom utan krångel.'],
    skeptisk: ['Handläggningen av bygglovet rullar på, men ingen vet riktigt hur länge det dröjer.'],
    negativ: ['Bygglovet har kostat en förmögenhet och ändå händer ingenting.'],
  },
};
