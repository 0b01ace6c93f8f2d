-- Given and family names of several cultures (invented combinations): eight of each culture, numbered within it.
select column1 as culture, column2 as no, column3 as given, column4 as family
from (
    values
    (0, 0, 'James', 'Miller'),                  (0, 1, 'Emily', 'O''Brien'),
    (0, 2, 'Marcus', 'Johnson'),                (0, 3, 'Abigail', 'St. John'),
    (0, 4, 'Tyrone', 'Washington'),             (0, 5, 'Grace', 'McAllister'),
    (0, 6, 'Ethan', 'Smith-Lee'),               (0, 7, 'Zoe', 'Van Houten'),
    (1, 0, '陽菜', '佐藤'),                         (1, 1, '蓮', '鈴木'),
    (1, 2, 'Haruto', 'Takahashi'),              (1, 3, 'Yūko', 'Tanaka'),
    (1, 4, 'Sōta', 'Itō'),                      (1, 5, '美咲', '渡辺'),
    (1, 6, 'Kenji', 'Nakamura'),                (1, 7, 'Aoi', 'Kobayashi'),
    (2, 0, 'Somchai', 'Saetang'),               (2, 1, 'มาลี', 'ใจดี'),
    (2, 2, 'Anong', 'Srisuk'),                  (2, 3, 'Niran', 'Chaiyasit'),
    (2, 4, 'สมชาย', 'สุขใจ'),                   (2, 5, 'Kanya', 'Thongdee'),
    (2, 6, 'Prasert', 'Wattana'),               (2, 7, 'Ploy', 'Rattanakul'),
    (3, 0, 'Aarav', 'Iyer'),                    (3, 1, 'Priya', 'Sharma'),
    (3, 2, 'Rohan', 'D''Souza'),                (3, 3, 'अनन्या', 'वर्मा'),
    (3, 4, 'Kavya', 'Nair'),                    (3, 5, 'Vikram', 'Reddy'),
    (3, 6, 'Meera', 'Banerjee'),                (3, 7, 'Farhan', 'Khan'),
    (4, 0, 'José', 'García'),                   (4, 1, 'Lucía', 'Núñez'),
    (4, 2, 'Mateo', 'Hernández'),               (4, 3, 'Xiomara', 'de la Cruz'),
    (4, 4, 'Ángel', 'Muñoz'),                   (4, 5, 'Beatriz', 'Peña'),
    (4, 6, 'Thiago', 'Gonçalves'),              (4, 7, 'Inês', 'Araújo'),
    (5, 0, 'Zoë', 'Müller'),                    (5, 1, 'Łukasz', 'Wójcik'),
    (5, 2, 'Chloé', 'Lefèvre'),                 (5, 3, 'Søren', 'Kjær'),
    (5, 4, 'Olena', 'Шевченко'),                (5, 5, 'Nguyễn', 'Trần'),
    (5, 6, 'Amina', 'El-Sayed'),                (5, 7, 'Chidi', 'Okonkwo')
) as names
